"""What an annotation of a Config means for a form, and values as the texts that controls hold."""

from __future__ import annotations

import json
import types
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from nas.core.config import Config

Kind = Literal["integer", "number", "text", "select", "checkbox", "checkboxes", "list"]


@dataclass(frozen=True, slots=True)
class FieldType:
    """What an annotation means for a form."""

    kind: Kind
    is_optional: bool = False
    choices: tuple[Any, ...] = ()
    nested: type[Config] | None = None
    row: type[Config] | None = None
    is_any: bool = False
    """Of several scalar types: the text that was sent decides."""


def field_type(annotation: Any) -> FieldType:
    """Raises TypeError for a type that no control exists for: then a control is missing here, not a value in a form."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    found: FieldType | None = None
    if origin is Annotated:
        found = field_type(arguments[0])
    elif origin in (Union, types.UnionType):
        found = _union(arguments)
    elif origin is Literal:
        found = FieldType("select", choices=arguments)
    elif origin in (tuple, list, set, frozenset):
        inner = field_type(arguments[0])
        found = (
            FieldType("checkboxes", choices=inner.choices) if inner.choices else FieldType("list", is_any=inner.is_any)
        )
        if inner.nested is not None:
            found = FieldType("list", row=inner.nested)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        found = FieldType("select", choices=tuple(member.value for member in annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Config):
        found = FieldType("text", nested=annotation)
    elif annotation in _SCALARS:
        found = FieldType(_SCALARS[annotation])
    if found is None:
        raise TypeError(f"no form control for {annotation}")
    return found


def _union(members: tuple[Any, ...]) -> FieldType | None:
    real = [member for member in members if member is not type(None)]
    if set(real) == {int, float}:
        return FieldType("number", is_optional=len(members) > 2)
    if set(real) <= set(_SCALARS) and len(real) > 1:
        return FieldType("text", is_optional=len(members) > len(real), is_any=True)
    if len(real) != 1:
        return None
    inner = field_type(real[0])
    return FieldType(inner.kind, len(real) < len(members), inner.choices, inner.nested)


_SCALARS: dict[Any, Kind] = {bool: "checkbox", int: "integer", float: "number", str: "text"}


def choice_of(choices: tuple[Any, ...], text: str) -> Any:
    """The choice whose text was sent, with its type; unknown text as it is, for the Config to refuse."""
    return next((choice for choice in choices if text_of(choice) == text), text)


def scalar_from(text: str) -> Any:
    """`true` is a truth, `3` and `1e-3` are numbers, `"3"` is a text, everything else is the text that it is."""
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (bool, int, float, str)) else text


def scalar_text(value: Any) -> str:
    """The inverse of `scalar_from`."""
    if isinstance(value, str) and not isinstance(scalar_from(value), str):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else text_of(value)


def is_many(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def text_of(value: Any) -> str:
    """A value as a control holds it; numbers in the form browsers read, whatever the locale."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
