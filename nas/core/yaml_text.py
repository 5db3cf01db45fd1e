"""Configurations as YAML: a small, safe part of it, in which a text means one thing only.

What is read is JSON's values in YAML's clothes. Left out on purpose: anchors and aliases (a few of them can stand for more
than any memory holds), tags (they make objects), several documents, names that stand twice, and the readings of plain words
in which versions of YAML differ: `no` and `on` (truth or text?), `010` (8 or 10?), `1_000`, `12:30`. Those are refused with
the line and the field. JSON is read as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from nas.core.errors import FieldError, InvalidConfig

LONGEST_TEXT = 200_000
DEEPEST = 20
LONGEST_NUMBER = 40

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_UNCLEAR_NUMBER = re.compile(
    r"[-+]?(0[0-9]+|0[box][0-9a-fA-F_]+|[0-9][0-9_]*_[0-9_]*|[0-9]+(:[0-5]?[0-9])+)(\.[0-9]*)?"
)
_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
_UNCLEAR_WORDS = {"yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """`value`, and at which line (from 1) each field begins: `lines["space.config.width"]`."""

    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def placed(self, error: InvalidConfig) -> InvalidConfig:
        """The same errors with the line of the field, or of the nearest thing around it that is written down."""
        return InvalidConfig(FieldError(e.field, f"{e.message} (line {self.line_of(e.field)})") for e in error.errors)

    def line_of(self, path: str) -> int:
        path = path.strip(".")
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)


def yaml_document(text: str) -> YamlDocument:
    """Raises InvalidConfig; its messages name the line, its fields the place in the document."""
    if len(text) > LONGEST_TEXT:
        raise InvalidConfig.at("", f"the text has {len(text):,} characters; at most {LONGEST_TEXT:,} are read")
    reader = _Reader(text)
    try:
        return YamlDocument(reader.document(), reader.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InvalidConfig.at("", f"this is no YAML: {error.problem or error.context}{place}") from None
    except yaml.YAMLError as error:
        raise InvalidConfig.at("", f"this is no YAML: {str(error).splitlines()[0]:.200}") from None


def yaml_text(value: Any) -> str:
    """JSON values as YAML, in the order in which they stand; `yaml_document` reads them back as they were."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Reader:
    """One walk over the events of the parser: nothing is built before it is known to be allowed."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> Any:
        value, is_read = None, False
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if is_read:
                    raise _error("", event, "there is a second document; one is read")
                value, is_read = self._value(next(self._events), "", depth=0), True
        return value

    def _value(self, event: Any, path: str, *, depth: int) -> Any:
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(path, event, "anchors (&) and aliases (*) are not read; write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise _error(path, event, f"the tag {event.tag!s:.40} is not read; write plain values")
        if depth > DEEPEST:
            raise _error("", event, f"is nested more than {DEEPEST} levels deep")
        if isinstance(event, yaml.ScalarEvent):
            if "\x00" in event.value or any("\ud800" <= c <= "\udfff" for c in event.value):
                raise _error(path, event, "NUL characters and lone surrogates are not possible in texts")
            return event.value if not event.implicit[0] else _scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        return self._object(path, depth)

    def _list(self, path: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, _path(path, len(found)), depth=depth + 1))
        return found

    def _object(self, path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _error(path, event, "a name must be a text")
            name, inner = event.value, _path(path, event.value)
            if name in found:
                raise _error(inner, event, f"the name {name!r:.60} stands twice")
            self.lines[inner] = _line(event)
            found[name] = self._value(next(self._events), inner, depth=depth + 1)
        return found


def _path(path: str, name: object) -> str:
    return f"{path}.{name!s:.60}" if path else f"{name!s:.60}"


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _error(path: str, event: Any, message: str) -> InvalidConfig:
    return InvalidConfig([FieldError(path, f"{message} (line {_line(event)})")])


def _scalar(event: Any, path: str) -> Any:
    """What a plain word means. Raises InvalidConfig where readers of YAML would not agree."""
    try:
        return _meaning(event.value)
    except ValueError as error:
        raise _error(path, event, str(error)) from None


def _meaning(text: str) -> Any:
    """Raises ValueError."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text.lower() in _UNCLEAR_WORDS or text.lower() in _CONSTANTS:
        raise ValueError(f"{text} may be meant as a truth value or as text; write true, false, null, or quote it")
    if _INT.fullmatch(text) or _FLOAT.fullmatch(text):
        if len(text) > LONGEST_NUMBER:
            raise ValueError(f"a number of {len(text):,} characters; at most {LONGEST_NUMBER} are read")
        if _INT.fullmatch(text):
            return int(text)
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text} is too large for a number")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _UNCLEAR_NUMBER.fullmatch(text):
        raise ValueError(f"{text:.40} may be meant as several numbers or as text; write the digits only, or quote it")
    return text


class _Dumper(yaml.CSafeDumper):
    """Quotes every text that would be read as something else; never writes an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> Any:
    try:
        is_plain = _meaning(text) == text
    except ValueError:
        is_plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else "'")


_Dumper.add_representer(str, _represent_text)
