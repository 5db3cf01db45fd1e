"""A configuration in words: what its settings are called, and what they are."""

from __future__ import annotations

from django.utils.translation import gettext as _

from nas.core.config import Config


def config_facts(config: Config) -> list[tuple[str, str]]:
    """(title with its unit, value) of each setting, in the order of the declaration."""
    facts = []
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        many = isinstance(value, (tuple, list, set, frozenset))
        text = ", ".join(map(str, value)) if many else "–" if value is None else str(value)
        unit = str(extra.get("unit", ""))
        title = _(info.title or name)
        facts.append((f"{title} ({_(unit)})" if unit else title, text))
    return facts
