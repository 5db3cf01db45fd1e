"""Where two genotypes of one space differ, by path."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

MOST_CHANGES = 500
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class GenotypeChange:
    """`path` as error messages write it ("stages.2.kernel", numbers of the first genotype); texts of both values."""

    path: str
    kind: Literal["changed", "added", "removed"]
    before: str
    after: str


def genotype_changes(first: Any, second: Any) -> tuple[GenotypeChange, ...]:
    """At most `MOST_CHANGES`. Lists of one length are compared place by place, others by what they have in common."""
    found: list[GenotypeChange] = []
    waiting: list[tuple[str, Any, Any]] = [("", first, second)]
    while waiting and len(found) < MOST_CHANGES:
        path, one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            names = list(dict.fromkeys([*one, *other]))
            found += [GenotypeChange(_join(path, n), "removed", _text(one[n]), "") for n in names if n not in other]
            found += [GenotypeChange(_join(path, n), "added", "", _text(other[n])) for n in names if n not in one]
            waiting += [(_join(path, n), one[n], other[n]) for n in reversed(names) if n in one and n in other]
        elif isinstance(one, list) and isinstance(other, list):
            waiting += reversed(_list_changes(path, one, other, found))
        elif one != other or type(one) is not type(other):  # 1 and True are equal, and not the same
            found.append(GenotypeChange(path, "changed", _text(one), _text(other)))
    return tuple(found[:MOST_CHANGES])


def _list_changes(
    path: str, one: list[Any], other: list[Any], found: list[GenotypeChange]
) -> list[tuple[str, Any, Any]]:
    """Adds what was put in or taken out to `found`; the pairs that stand for each other."""
    if len(one) == len(other):
        return [(_join(path, i), a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
    pairs: list[tuple[str, Any, Any]] = []
    texts = [json.dumps(value, sort_keys=True) for value in one], [json.dumps(value, sort_keys=True) for value in other]
    for _, a, a_end, b, b_end in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        both = min(a_end - a, b_end - b)
        pairs += [(_join(path, a + i), one[a + i], other[b + i]) for i in range(both)]
        found += [GenotypeChange(_join(path, i), "removed", _text(one[i]), "") for i in range(a + both, a_end)]
        found += [GenotypeChange(_join(path, a_end), "added", "", _text(other[i])) for i in range(b + both, b_end)]
    return pairs


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
