"""Several replicas as one band: best-so-far curves on a common axis, their median, quartiles and extremes.

Best so far is a step curve. Nothing is drawn between the steps, and no curve is carried on beyond the budget it spent:
`counts` says how many of the curves have come as far as each position, and where that falls the band rests on fewer.
A replica that has not found anything yet counts as worse than all that have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class BestSoFar:
    """One replica: from `positions[k]` on (trials told, or cost spent; ascending) its best value is `values[k]`.

    None: nothing found so far. The last position is where the replica stands, whether or not it changed there.
    """

    positions: tuple[float, ...]
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Columns of equal length, one row per position at which some curve changes, begins or ends; steps to the right.

    `minimum` and `maximum` are values, not ranks of quality; `lower` and `upper` the quartiles (linear between
    neighbours). None: at this place of the order a replica has found nothing yet.
    """

    positions: tuple[float, ...]
    counts: tuple[int, ...]
    median: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    minimum: tuple[float | None, ...]
    maximum: tuple[float | None, ...]

    def as_json(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__slots__}


def best_so_far(positions: Sequence[float], values: Sequence[float | None], *, is_larger_better: bool) -> BestSoFar:
    """The running best of one replica's trials, in the order in which they were told.

    Args:
      positions: what was spent when each was known, never falling.
      values: None for trials that failed or break a constraint: they cost, and improve nothing.

    Raises ValueError for lengths that differ or positions that fall.
    """
    if len(positions) != len(values):
        raise ValueError(f"expected as many values as positions, got {len(values)} and {len(positions)}")
    if any(later < earlier for earlier, later in pairwise(positions)):
        raise ValueError("positions must not fall")
    places: list[float] = []
    bests: list[float | None] = []
    best: float | None = None
    for position, value in zip(positions, values, strict=True):
        if (
            value is not None
            and math.isfinite(value)
            and (best is None or (value > best if is_larger_better else value < best))
        ):
            best = value
        if places and places[-1] == position:
            bests[-1] = best
        else:
            places.append(position)
            bests.append(best)
    return BestSoFar(tuple(places), tuple(bests))


def band(curves: Sequence[BestSoFar], *, is_larger_better: bool) -> Band:
    """The band of these curves. O(k · n log n) for k curves and n positions in all; curves without a position are left out."""
    going = [curve for curve in curves if curve.positions]
    axis = np.unique(np.concatenate([curve.positions for curve in going])) if going else np.empty(0)
    worst = -math.inf if is_larger_better else math.inf
    rows = np.full((len(going), len(axis)), np.nan)
    for row, curve in zip(rows, going, strict=True):
        steps = np.array([worst if value is None else value for value in curve.values])
        # Before its first trial a replica has found nothing; behind its last it has not spent so much.
        place = np.searchsorted(curve.positions, axis, side="right") - 1
        reached = axis <= curve.positions[-1]
        row[reached] = np.where(place >= 0, steps[place], worst)[reached]
    ordered = np.sort(rows, axis=0)  # NaN, what has not come so far, sorts last
    counts = (~np.isnan(rows)).sum(axis=0)
    return Band(
        positions=tuple(axis.tolist()),
        counts=tuple(counts.tolist()),
        median=_quantile(ordered, counts, 0.5),
        lower=_quantile(ordered, counts, 0.25),
        upper=_quantile(ordered, counts, 0.75),
        minimum=_quantile(ordered, counts, 0.0),
        maximum=_quantile(ordered, counts, 1.0),
    )


def _quantile(
    ordered: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], share: float
) -> tuple[float | None, ...]:
    """Linear between neighbours, over the first `counts` rows of each column; None next to what is not found yet."""
    if not len(counts):
        return ()
    place = share * (counts - 1)
    below, above = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    columns = np.arange(len(counts))
    ends = np.stack([ordered[below, columns], ordered[above, columns]])
    found = np.isfinite(ends).all(axis=0)
    low, high = np.where(found, ends, 0.0)
    values = low + (place - below) * (high - low)
    return tuple(value if is_found else None for value, is_found in zip(values.tolist(), found.tolist(), strict=True))
