"""A form made from a `Config` declaration: labels, help, units, bounds and choices are said once, in the engine.

`fieldset_for` turns a Config class into plain values that templates draw; `values_from` reads what the browser sent back.
Both know types, never names, so that every registered thing has its form without a line here.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from apps.runs.wizard.wording import name_in_words
from nas.core.config import Config
from nas.core.errors import FieldError

Kind = Literal["integer", "number", "text", "select", "checkbox", "checkboxes", "list"]
References = Mapping[str, Sequence[tuple[str, str]]]
"""What a field that refers to a library may name: kind of reference → (value, label) pairs."""


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FormField:
    """One control. `name` is its HTML name and the path under which errors are reported ("space.config.width")."""

    name: str
    kind: Kind
    label: str
    help: str
    unit: str
    value: str
    options: tuple[Option, ...]
    minimum: str
    maximum: str
    range: str
    max_length: int | None
    is_checked: bool
    is_optional: bool
    is_advanced: bool
    errors: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"id_{self.name.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Fieldset:
    """The fields of one Config and of the Configs inside it. `errors` concern it as a whole."""

    prefix: str
    title: str
    fields: tuple[FormField, ...]
    nested: tuple[Fieldset, ...]
    errors: tuple[str, ...]

    @property
    def plain(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if not field.is_advanced)

    @property
    def advanced(self) -> tuple[FormField, ...]:
        return tuple(field for field in self.fields if field.is_advanced)

    @property
    def advanced_has_errors(self) -> bool:
        return any(field.errors for field in self.advanced)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(f.errors for f in self.fields) or any(n.has_errors for n in self.nested)


@dataclass(frozen=True, slots=True)
class _Type:
    """What an annotation means for a form."""

    kind: Kind
    is_optional: bool = False
    choices: tuple[Any, ...] = ()
    nested: type[Config] | None = None


def fieldset_for(
    config: type[Config],
    values: Mapping[str, Any],
    *,
    prefix: str,
    errors: Iterable[FieldError] = (),
    references: References | None = None,
    only: Sequence[str] | None = None,
    title: str = "",
) -> Fieldset:
    """The form of `config`.

    Args:
      values: field → value to show, raw text included; a field that is not there shows its default.
      prefix: path of the configuration inside the whole form ("space.config"), "" for none.
      errors: those of the whole form; each is shown at the field it names, or at the set when it names none of them.
      references: what fields with `refers_to` may name.
      only: names of the fields wanted, in this order; None for all.
    """
    found = list(errors)
    fields: list[FormField] = []
    nested: list[Fieldset] = []
    for name in only if only is not None else config.model_fields:
        info = config.model_fields[name]
        path = _path(prefix, name)
        value = values.get(name, _default(info))
        kind = _type_of(info.annotation)
        if kind.nested is not None:
            inner = value if isinstance(value, Mapping) else {}
            nested.append(
                fieldset_for(
                    kind.nested,
                    inner,
                    prefix=path,
                    errors=found,
                    references=references,
                    title=_(info.title or name),
                )
            )
            continue
        here = tuple(_(e.message) for e in found if e.field == path or e.field.startswith(f"{path}."))
        fields.append(_field(info, kind, path, value=value, errors=here, references=references or {}))
    shown = {field.name for field in fields} | {inner.prefix for inner in nested}
    own = tuple(_(e.message) for e in found if _concerns_set(e.field, prefix, shown))
    return Fieldset(prefix=prefix, title=title, fields=tuple(fields), nested=tuple(nested), errors=own)


def values_from(
    config: type[Config], data: QueryDict, *, prefix: str, only: Sequence[str] | None = None
) -> dict[str, Any]:
    """What was filled in, ready for `config.parse`: wrong input is kept as the text it was, so that it can be shown again.

    An absent control is left out (its default holds), but an absent checkbox means False; an empty one that is optional
    means None.
    """
    values: dict[str, Any] = {}
    for name in only if only is not None else config.model_fields:
        path = _path(prefix, name)
        kind = _type_of(config.model_fields[name].annotation)
        if kind.nested is not None:
            values[name] = values_from(kind.nested, data, prefix=path)
        elif kind.kind == "checkbox":
            values[name] = path in data
        elif kind.kind == "checkboxes":
            values[name] = [_choice(kind.choices, text) for text in data.getlist(path)]
        elif path in data:
            text = str(data[path]).strip()
            if kind.is_optional and not text:
                values[name] = None
            elif kind.kind == "list":
                values[name] = [part.strip() for part in text.split(",") if part.strip()]
            elif kind.kind == "select" and kind.choices:
                values[name] = _choice(kind.choices, text)
            else:
                values[name] = text
    return values


def referring_fields(config: type[Config]) -> dict[str, str]:
    """Field → what kind of thing it refers to ("dataset"), for the fields that say so."""
    found = {}
    for name, info in config.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("refers_to"):
            found[name] = str(extra["refers_to"])
    return found


def _concerns_set(path: str, prefix: str, shown: set[str]) -> bool:
    """Whether an error is about the set as a whole: a cross-field check ("space.config."), or a field nobody can see."""
    path = path.rstrip(".")
    if not prefix or not (path == prefix or path.startswith(f"{prefix}.")):
        return False
    return not any(path == name or path.startswith(f"{name}.") for name in shown)


def _path(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _default(info: FieldInfo) -> Any:
    default = info.get_default(call_default_factory=True, validated_data={})
    return None if default is PydanticUndefined else default


def _choice(choices: tuple[Any, ...], text: str) -> Any:
    """The choice whose text was sent, with its type; unknown text as it is, for the Config to refuse."""
    return next((choice for choice in choices if _text(choice) == text), text)


def _type_of(annotation: Any) -> _Type:
    """Raises TypeError for a type that no control exists for: then a control is missing here, not a value in a form."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    found: _Type | None = None
    if origin is Annotated:
        found = _type_of(arguments[0])
    elif origin in (Union, types.UnionType):
        found = _union(arguments)
    elif origin is Literal:
        found = _Type("select", choices=arguments)
    elif origin in (tuple, list, set, frozenset):
        inner = _type_of(arguments[0])
        found = _Type("checkboxes", choices=inner.choices) if inner.choices else _Type("list")
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        found = _Type("select", choices=tuple(member.value for member in annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Config):
        found = _Type("text", nested=annotation)
    elif annotation in _SCALARS:
        found = _Type(_SCALARS[annotation])
    if found is None:
        raise TypeError(f"no form control for {annotation}")
    return found


def _union(members: tuple[Any, ...]) -> _Type | None:
    real = [member for member in members if member is not type(None)]
    if set(real) == {int, float}:
        return _Type("number", is_optional=len(members) > 2)
    if len(real) != 1:
        return None
    inner = _type_of(real[0])
    return _Type(inner.kind, len(real) < len(members), inner.choices, inner.nested)


_SCALARS: dict[Any, Kind] = {bool: "checkbox", int: "integer", float: "number", str: "text"}


def _field(
    info: FieldInfo, kind: _Type, path: str, *, value: Any, errors: tuple[str, ...], references: References
) -> FormField:
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, Mapping) else {}
    chosen = {_text(item) for item in value} if _is_many(value) else {_text(value)}
    options = tuple(Option(_text(c), name_in_words(_text(c)), _text(c) in chosen) for c in kind.choices)
    form_kind = kind.kind
    refers_to = str(extra.get("refers_to", ""))
    if refers_to:
        form_kind = "select"
        offered = references.get(refers_to, ())
        options = tuple(Option(text, label, text in chosen) for text, label in offered)
        gone = _text(value)
        if gone and gone not in {option.value for option in options}:  # never exchanged silently for another one
            options = (*options, Option(gone, _("%(value)s (not available)") % {"value": gone}, is_chosen=True))
    if form_kind == "select" and kind.is_optional:
        options = (Option("", _("None"), value is None), *options)
    elif form_kind == "select" and value is None and not refers_to:
        options = (Option("", "–", is_chosen=True), *options)  # nothing is chosen for a person unasked
    minimum, maximum = _bounds(info, form_kind) if form_kind in ("integer", "number") else ("", "")
    label = _(info.title) if info.title else path.rpartition(".")[2]
    unit = _(str(extra["unit"])) if extra.get("unit") else ""
    return FormField(
        name=path,
        kind=form_kind,
        label=label,
        help=_(info.description) if info.description else "",
        unit="" if unit.casefold() == label.casefold() else unit,  # not "Epochs (epochs)"
        value=", ".join(_text(item) for item in value) if _is_many(value) else _text(value),
        options=options,
        minimum=minimum,
        maximum=maximum,
        range=_range_text(info),
        max_length=_bound(info, annotated_types.MaxLen, "max_length"),
        is_checked=_text(value).lower() in ("true", "on", "1"),
        is_optional=kind.is_optional,
        is_advanced=bool(extra.get("advanced")),
        errors=errors,
    )


def _is_many(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _text(value: Any) -> str:
    """A value as a control holds it; numbers in the form browsers read, whatever the locale."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _bound(info: FieldInfo, kind: type, attribute: str) -> Any:
    return next((getattr(item, attribute) for item in info.metadata if isinstance(item, kind)), None)


def _bounds(info: FieldInfo, kind: Kind) -> tuple[str, str]:
    """`min` and `max` of the control. HTML knows no open bounds: whole numbers move by one, others keep the bound."""
    step = 1 if kind == "integer" else 0
    at_least, above = _bound(info, annotated_types.Ge, "ge"), _bound(info, annotated_types.Gt, "gt")
    at_most, below = _bound(info, annotated_types.Le, "le"), _bound(info, annotated_types.Lt, "lt")
    minimum = at_least if at_least is not None else None if above is None else above + step
    maximum = at_most if at_most is not None else None if below is None else below - step
    return _text(minimum), _text(maximum)


def _range_text(info: FieldInfo) -> str:
    """The bounds in words, shown with the help; "" when there are none."""
    at_least, above = _bound(info, annotated_types.Ge, "ge"), _bound(info, annotated_types.Gt, "gt")
    at_most, below = _bound(info, annotated_types.Le, "le"), _bound(info, annotated_types.Lt, "lt")
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
    return number_format(_text(value), use_l10n=True, force_grouping=isinstance(value, int))
