"""What all methods that climb without gradients are told and what they give back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas.wann.tuning.ground import Floats

ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Climbed:
    """`weights`: (E,) offsets where the method ended; `evaluations`: vectors that were scored on a turn.

    `curve`: (evaluations so far, mean score of that generation's vectors), thinned out.
    """

    weights: Floats
    evaluations: int
    curve: tuple[tuple[int, float], ...]


def thinned(curve: list[tuple[int, float]], most: int = 200) -> tuple[tuple[int, float], ...]:
    """Every so many-th point, so that at most `most` are left, and the last."""
    every = -(-len(curve) // most)
    return tuple(point for place, point in enumerate(curve) if place % max(1, every) == 0 or place == len(curve) - 1)
