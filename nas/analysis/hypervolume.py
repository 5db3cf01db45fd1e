"""Hypervolume: the volume that a set of points dominates, bounded by a reference point. Everything minimised.

Spec of the measure: Zitzler and Thiele 1999. Three and more objectives are computed by moocore (Fonseca et al. 2006).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def hypervolume(points: Sequence[Sequence[float]] | npt.NDArray[np.float64], reference: Sequence[float]) -> float:
    """The dominated volume; points not strictly better than `reference` in every objective add nothing.

    With one objective: the distance of the best value from the reference.

    Args:
      points: (num_points, num_objectives), smaller is better; dominated ones may be among them.
      reference: the corner to count from, fixed when a run is created, in raw units.

    Raises ValueError when lengths differ or the reference is not finite.
    """
    inside = _inside(points, reference)
    if not len(inside):
        return 0.0
    if inside.shape[1] == 1:
        return float(reference[0] - inside.min())
    if inside.shape[1] == 2:
        sweep = Hypervolume2D((reference[0], reference[1]))
        for first, second in inside.tolist():
            sweep.add((first, second))
        return sweep.value
    import moocore

    return float(moocore.hypervolume(inside, ref=np.asarray(reference, dtype=np.float64)))


def contributions(
    points: Sequence[Sequence[float]] | npt.NDArray[np.float64], reference: Sequence[float]
) -> list[float]:
    """Per point: what the hypervolume loses without it (0 for dominated points and for duplicates). O(n · hypervolume)."""
    rows = np.asarray(points, dtype=np.float64)
    whole = hypervolume(rows, reference)
    return [max(0.0, whole - hypervolume(np.delete(rows, i, axis=0), reference)) for i in range(len(rows))]


class Hypervolume2D:
    """The hypervolume of a growing set in two objectives; one point costs O(log n) and what it removes."""

    def __init__(self, reference: tuple[float, float]) -> None:
        _check_reference(reference)
        self.reference = reference
        self.value = 0.0
        self._firsts: list[float] = []  # of the front, ascending
        self._seconds: list[float] = []  # of the same points, descending

    def add(self, point: tuple[float, float]) -> float:
        """How much the hypervolume grows; 0 for a dominated point or one outside the reference."""
        first, second = point
        if not (first < self.reference[0] and second < self.reference[1]):
            return 0.0
        place = bisect_left(self._firsts, first)
        if place < len(self._firsts) and self._firsts[place] == first and self._seconds[place] <= second:
            return 0.0
        above = self._seconds[place - 1] if place else self.reference[1]
        if above <= second:
            return 0.0
        # Walk right over the points the new one dominates, adding the strips between them.
        gain, left, end = 0.0, first, place
        height = above
        while end < len(self._firsts) and self._seconds[end] >= second:
            gain += (self._firsts[end] - left) * (height - second)
            left, height = self._firsts[end], self._seconds[end]
            end += 1
        right = self._firsts[end] if end < len(self._firsts) else self.reference[0]
        gain += (right - left) * (height - second)
        self._firsts[place:end] = [first]
        self._seconds[place:end] = [second]
        self.value += gain
        return gain


def _inside(
    points: Sequence[Sequence[float]] | npt.NDArray[np.float64], reference: Sequence[float]
) -> npt.NDArray[np.float64]:
    _check_reference(reference)
    if not len(points):
        return np.empty((0, len(reference)))
    rows = np.asarray(points, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(reference):
        raise ValueError(f"the reference has {len(reference)} objectives, the points have the shape {rows.shape}")
    kept: npt.NDArray[np.float64] = rows[(rows < np.asarray(reference)).all(axis=1)]
    return kept


def _check_reference(reference: Sequence[float]) -> None:
    if not len(reference) or not np.isfinite(reference).all():
        raise ValueError(f"a reference point has finite numbers, got {tuple(reference)}")
