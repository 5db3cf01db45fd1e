"""Class counts as a small bar chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_BARS = 40


@dataclass(frozen=True, slots=True)
class ClassBar:
    """`percent`: length of the bar; the largest class has 100."""

    name: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class ClassBars:
    """`num_left_out` classes follow the ones shown."""

    bars: tuple[ClassBar, ...]
    num_left_out: int


def class_bars(names: Sequence[str], counts: Sequence[int]) -> ClassBars:
    largest = max(counts, default=0) or 1
    bars = tuple(
        ClassBar(name, count, round(100 * count / largest, 1)) for name, count in zip(names, counts, strict=True)
    )
    return ClassBars(bars=bars[:MOST_BARS], num_left_out=max(0, len(bars) - MOST_BARS))
