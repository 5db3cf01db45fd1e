"""From words on the command line to checked configurations. Names, types, bounds and help come from the Config classes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from nas.core.config import Config
from nas.core.errors import InvalidConfig
from nas.core.graph import Shape
from nas.core.space import Space
from nas.registry import spaces

Chosen = TypeVar("Chosen", bound=Config)


def config_from_text(
    kind: type[Chosen],
    text: str | None,
    *,
    place: str,
    overrides: Mapping[str, Any] | None = None,
    otherwise: Mapping[str, Any] | None = None,
) -> Chosen:
    """A configuration from JSON or the name of one of its presets, then single settings on top.

    Args:
      text: None or "" for `otherwise`.
      place: what the errors call it ("space").
      overrides: setting → value.
      otherwise: the settings to begin with when there is no text; the defaults when there is none of these either.

    Raises InvalidConfig.
    """
    values: dict[str, Any] = dict(otherwise or {})
    if text:
        values = dict(kind.presets[text]) if text in kind.presets else _json_object(text, place, kind)
    values.update(overrides or {})
    if unknown := [name for name in values if name not in kind.model_fields]:
        there_are = ", ".join(kind.model_fields) or "none"
        raise InvalidConfig.at(f"{place}.{unknown[0]}", f"there is no such setting; there are {there_are}")
    return kind.parse(values, prefix=f"{place}.")


def _json_object(text: str, place: str, kind: type[Config]) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        presets = f" or one of the presets {', '.join(kind.presets)}" if kind.presets else ""
        raise InvalidConfig.at(f"{place}-config", f'expected JSON like {{"name": 1}}{presets}: {error}') from None
    if not isinstance(values, dict):
        raise InvalidConfig.at(f"{place}-config", f"expected a JSON object, got {text:.60}")
    return values


def overrides_from_texts(texts: Sequence[str], places: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`["space.width=8"]` → {"space": {"width": 8}, …}, each of `places` present. Values are JSON, else plain text."""
    overrides: dict[str, dict[str, Any]] = {place: {} for place in places}
    for text in texts:
        path, equals, value = text.partition("=")
        place, dot, name = path.strip().partition(".")
        if not (equals and dot and name) or place not in overrides:
            raise InvalidConfig.at(
                "set", f"expected {{{'|'.join(places)}}}.SETTING=VALUE, like space.width=8, got {text!r:.60}"
            )
        overrides[place][name] = _json_or_text(value)
    return overrides


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def settings_help(place: str, kind: type[Config]) -> Iterator[str]:
    """One line per setting: how to name it, its default, what it does."""
    for name, field in kind.model_json_schema()["properties"].items():
        default = json.dumps(field["default"]) if "default" in field else "required"
        unit = f" {field['unit']}" if field.get("unit") else ""
        yield f"  {place}.{name}={default}{unit}  {field.get('description', '')}"


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """Where an architecture stands: `--config` of its space, `--input` and `--classes` of its data."""
    parser.add_argument("--config", metavar="JSON", help="settings of the space, as JSON or the name of a preset")
    parser.add_argument("--input", metavar="C,H,W", default="3,32,32", help="shape of one example (3,32,32)")
    parser.add_argument("--classes", metavar="N", type=int, default=10, help="number of classes (10)")


def check_at_least(name: str, value: int, least: int) -> None:
    """Raises InvalidConfig."""
    if value < least:
        raise InvalidConfig.at(name, f"must be at least {least}, got {value}")


def space_from_text(name: str, config: str | None) -> Space:
    """Raises UnknownName, InvalidConfig."""
    kind = spaces.get(name)
    return kind(config_from_text(kind.Config, config, place="space"))


def shape_from_text(text: str) -> Shape:
    """`3,32,32` → (3, 32, 32). Raises InvalidConfig."""
    try:
        shape = tuple(int(part) for part in text.split(","))
    except ValueError:
        shape = ()
    if len(shape) != 3 or min(shape) < 1:
        raise InvalidConfig.at("input", f"expected channels,height,width like 3,32,32, got {text!r:.60}")
    return shape


def folder_from_text(text: str) -> Path:
    """Raises InvalidConfig when there is no such folder."""
    path = Path(text)
    if not path.is_dir():
        raise InvalidConfig.at("data", f"there is no folder {text:.200}")
    return path
