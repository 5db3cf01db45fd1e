"""Non-dominated sorting and crowding on plain numbers, everything minimised. Deb et al. 2002, section III. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Losses = Sequence[Sequence[float]] | npt.NDArray[np.float64]


def non_dominated_ranks(losses: Losses) -> npt.NDArray[np.int64]:
    """Per point its front: 0 for those nobody dominates, 1 for those dominated by front 0 alone, and so on.

    Equal points share a front. O(n log n) for up to two objectives, O(n² log n) for three (moocore, after Jensen 2003).

    Args:
      losses: (num_points, num_objectives), smaller is better.

    Raises ValueError for a loss that is not finite.
    """
    rows = _rows(losses)
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    if rows.shape[1] == 1:
        return np.unique(rows[:, 0], return_inverse=True)[1].astype(np.int64)
    import moocore

    ranks: npt.NDArray[np.int64] = np.asarray(moocore.pareto_rank(rows), dtype=np.int64)
    return ranks


def crowding_distances(losses: Losses) -> npt.NDArray[np.float64]:
    """Per point of one front how far apart its neighbours are: the sum over objectives of their gap, relative to the front's range.

    Infinite at the ends of every objective and in a front of up to two points. An objective in which all are equal adds
    nothing, at its ends neither. Of equals the order given decides who counts as the end. O(m · n log n).

    Args:
      losses: (num_points, num_objectives) of one front, smaller is better.

    Raises ValueError for a loss that is not finite.
    """
    rows = _rows(losses)
    if len(rows) <= 2:
        return np.full(len(rows), np.inf)
    distances = np.zeros(len(rows))
    for column in rows.T:
        order = np.argsort(column, kind="stable")
        ascending = column[order]
        spread = ascending[-1] - ascending[0]
        if spread > 0:
            distances[order[[0, -1]]] = np.inf
            distances[order[1:-1]] += (ascending[2:] - ascending[:-2]) / spread
    return distances


def _rows(losses: Losses) -> npt.NDArray[np.float64]:
    rows = np.asarray(losses, dtype=np.float64)
    if not np.isfinite(rows).all():
        raise ValueError("losses must be finite; a diverged trial has no rank")
    return rows
