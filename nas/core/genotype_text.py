"""Genotypes as text: what a person pastes, read with care, and what a person is shown."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from nas.core.errors import InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.space import Space

LONGEST_TEXT = 200_000
"""Characters. The largest genotypes of the registered spaces (wired graphs of some hundred nodes) need a tenth of it."""

DEEPEST = 50
LONGEST_NUMBER = 40
LINE_WIDTH = 88


def genotype_from_text(space: Space, text: str) -> Genotype:
    """The architecture a person named: a preset, JSON, or a notation of the space's own. Raises InvalidGenotype.

    The text may be hostile: its length, the depth of its nesting and the length of its numbers are bounded before anything
    of the space looks at it.
    """
    text = text.strip()
    presets = {preset.name: preset.genotype for preset in space.presets()}
    if text in presets:
        return presets[text]
    value = _value(text)
    try:
        return space.validate(value)
    except InvalidGenotype as error:
        if isinstance(value, str) and presets:
            raise InvalidGenotype.at("", f"{error}; or name a preset: {', '.join(presets)}") from None
        raise


def genotype_to_text(genotype: Genotype) -> str:
    """JSON for people: what fits stands on one line, the rest is indented by two. `genotype_from_text` reads it back."""
    return _written(genotype, indent=0)


def _value(text: str) -> Any:
    """JSON, or the text itself where it cannot be meant as JSON."""
    if not text:
        raise InvalidGenotype.at("", "write an architecture: JSON, a notation of the space, or the name of a preset")
    if len(text) > LONGEST_TEXT:
        raise InvalidGenotype.at("", f"has {len(text):,} characters; an architecture has at most {LONGEST_TEXT:,}")
    try:
        value = json.loads(
            text,
            parse_int=_bounded_int,
            parse_float=_finite_float,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_repeats,
        )
    except RecursionError:
        raise InvalidGenotype.at("", f"is nested too deeply; at most {DEEPEST} levels are possible") from None
    except json.JSONDecodeError as error:
        if text[0] in '{["':
            place = f"line {error.lineno}, column {error.colno}"
            raise InvalidGenotype.at("", f"this is no JSON: {error.msg.lower()} at {place}") from None
        return text
    except ValueError as error:
        raise InvalidGenotype.at("", str(error)) from None
    _check(value)
    return value


def _check(value: Any) -> None:
    """Raises InvalidGenotype for what is nested too deeply or holds what no database stores. Needs no recursion."""
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEEPEST:
            raise InvalidGenotype.at("", f"is nested too deeply; at most {DEEPEST} levels are possible")
        if isinstance(one, dict):
            waiting += [(inner, depth + 1) for pair in one.items() for inner in pair]
        elif isinstance(one, list):
            waiting += [(inner, depth + 1) for inner in one]
        elif isinstance(one, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in one):
            raise InvalidGenotype.at("", "NUL characters and lone surrogates are not possible in texts")


def _bounded_int(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(digits):,} digits; at most {LONGEST_NUMBER} are possible")
    return int(digits)


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text:.40} is not a finite number")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number an architecture can have")


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{repeated!r:.60} stands twice in one object")
    return value


def _written(value: Any, *, indent: int) -> str:
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + indent <= LINE_WIDTH or not isinstance(value, (dict, list, tuple)) or not value:
        return short
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_written(one, indent=indent + 2)}"
            for name, one in value.items()
        ]
    else:
        rows = [inner + _written(one, indent=indent + 2) for one in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(rows) + f"\n{' ' * indent}{closing}"
