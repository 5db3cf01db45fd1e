"""How decided a supernet is: numbers about rows of probabilities and the architecture they speak for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from nas.core.space import Row

SKIPS = frozenset({"skip_connect", "identity", "zero", "skip"})
"""Options that leave a place as it came: of these alone a network learns nothing. A block of a mobile network that is
left out ("zero") passes its input on."""

NOTHING = frozenset({"none"})
"""Options that cut a place out: neither a skip nor an operation."""

Probabilities = Sequence[Sequence[float]]


def groups_of(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Group → places of its rows, in their order."""
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.group, []).append(place)
    return groups


def entropy(row: Sequence[float]) -> float:
    """Of one row in units of the largest it can have: 1 while all options are even, 0 when one is sure or alone."""
    if len(row) < 2:
        return 0.0
    return -sum(p * math.log(p) for p in row if p > 0) / math.log(len(row))


def lead(row: Sequence[float]) -> float:
    """How much more probable the first option is than the second; 1 where there is only one."""
    best = sorted(row, reverse=True)
    return best[0] - best[1] if len(best) > 1 else 1.0


def mean(values: Iterable[float]) -> float:
    """0 for none."""
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def skip_share(rows: Sequence[Row], path: Sequence[int], places: Sequence[int]) -> float | None:
    """Of the rows at `places` that are used at all, the share that skips; None where no option of theirs is a skip."""
    if not any(SKIPS.intersection(rows[place].options) for place in places):
        return None
    chosen = [rows[place].options[path[place]] for place in places]
    used = [name for name in chosen if name not in NOTHING]
    return sum(name in SKIPS for name in used) / len(used) if used else 0.0
