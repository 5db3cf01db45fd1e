"""The bounds of a setting, for its control and in words."""

from __future__ import annotations

from typing import Any

import annotated_types
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from pydantic.fields import FieldInfo

from apps.runs.wizard.field_type import Kind, text_of


def bound(info: FieldInfo, kind: type, attribute: str) -> Any:
    return next((getattr(item, attribute) for item in info.metadata if isinstance(item, kind)), None)


def bounds(info: FieldInfo, kind: Kind) -> tuple[str, str]:
    """`min` and `max` of the control. HTML knows no open bounds: whole numbers move by one, others keep the bound."""
    step = 1 if kind == "integer" else 0
    at_least, above = bound(info, annotated_types.Ge, "ge"), bound(info, annotated_types.Gt, "gt")
    at_most, below = bound(info, annotated_types.Le, "le"), bound(info, annotated_types.Lt, "lt")
    minimum = at_least if at_least is not None else None if above is None else above + step
    maximum = at_most if at_most is not None else None if below is None else below - step
    return text_of(minimum), text_of(maximum)


def range_text(info: FieldInfo) -> str:
    """The bounds in words, shown with the help; "" when there are none."""
    at_least, above = bound(info, annotated_types.Ge, "ge"), bound(info, annotated_types.Gt, "gt")
    at_most, below = bound(info, annotated_types.Le, "le"), bound(info, annotated_types.Lt, "lt")
    parts = []
    if at_least is not None and at_most is not None:
        return _("%(low)s to %(high)s") % {"low": _number(at_least), "high": _number(at_most)}
    if at_least is not None:
        parts.append(_("at least %(bound)s") % {"bound": _number(at_least)})
    if above is not None:
        parts.append(_("more than %(bound)s") % {"bound": _number(above)})
    if at_most is not None:
        parts.append(_("at most %(bound)s") % {"bound": _number(at_most)})
    if below is not None:
        parts.append(_("less than %(bound)s") % {"bound": _number(below)})
    return ", ".join(parts)


def _number(value: Any) -> str:
    return number_format(text_of(value), use_l10n=True, force_grouping=isinstance(value, int))
