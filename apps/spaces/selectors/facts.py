"""A configuration in words: what its settings are called, and what they are."""

from __future__ import annotations

from django.utils.translation import gettext as _

from nas.core.config import Config


def config_facts(config: Config) -> list[tuple[str, str]]:
    """(title, value with its unit) of each setting, in the order of the declaration."""
    facts = []
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        many = isinstance(value, (tuple, list, set, frozenset))
        text = ", ".join(map(_written, value)) if many else _written(value)
        unit = str(extra.get("unit", ""))
        title = _(info.title or name)
        # "Cells 5" needs no unit behind it, "Width 16 channels" does
        says_unit = unit and text not in ("–", "") and unit.lower() not in title.lower()
        facts.append((title, f"{text} {_(unit)}" if says_unit else text))
    return facts


def _written(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
