"""Values from outside as messages show them."""

from __future__ import annotations

from collections.abc import Mapping

_SHOWN = 60


def shown(value: object) -> str:
    """At most 60 characters of it, containers by their size only."""
    match value:
        case str():
            return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}…"
        case bool() | None:
            return str(value).lower()
        case int() if value.bit_length() > 200:
            return f"an integer of {value.bit_length():,} bits"
        case int() | float():
            return repr(value)
        case Mapping() | list() | tuple():
            return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value):,}"
        case _:
            return f"something of type {type(value).__name__}"
