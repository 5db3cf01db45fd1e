"""Small-sample statistics on plain numbers: ranks with ties, rank correlations, percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = Sequence[float] | npt.NDArray[np.float64]


def ranks(values: Numbers) -> npt.NDArray[np.float64]:
    """Ranks 1 … n, ascending; equal values share the mean of their places. O(n log n). Raises ValueError for NaN."""
    array = _numbers(values)
    _, group, sizes = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    result: npt.NDArray[np.float64] = (ends - (sizes - 1) / 2)[group]
    return result


def pearson(a: Numbers, b: Numbers) -> float | None:
    """The linear correlation; None when one side is constant or there are fewer than two pairs."""
    x, y = _pairs(a, b)
    if len(x) < 2 or not np.ptp(x) or not np.ptp(y):  # a mean may be off by a rounding, so spreads are no test
        return None
    dx, dy = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(dx @ dx) * float(dy @ dy))
    return max(-1.0, min(1.0, float(dx @ dy) / spread)) if spread else None


def spearman(a: Numbers, b: Numbers) -> float | None:
    """Pearson's correlation of the ranks; None when one side is constant or there are fewer than two pairs."""
    x, y = _pairs(a, b)
    return pearson(ranks(x), ranks(y)) if len(x) else None


def kendall_tau_b(a: Numbers, b: Numbers) -> float | None:
    """Kendall's tau-b: (concordant − discordant) / sqrt((pairs − ties in a)(pairs − ties in b)). O(n log n), Knight 1966.

    None when one side is constant or there are fewer than two pairs.
    """
    x, y = _pairs(a, b)
    num_pairs = len(x) * (len(x) - 1) // 2
    tied_a, tied_b = _tied_pairs(x), _tied_pairs(y)
    if num_pairs in (tied_a, tied_b):
        return None
    tied_both = _tied_pairs(np.stack([x, y], axis=1))
    order = np.lexsort((y, x))
    discordant = _inversions((ranks(y)[order] * 2).astype(np.int64))
    surplus = num_pairs - tied_a - tied_b + tied_both - 2 * discordant
    return max(-1.0, min(1.0, surplus / math.sqrt((num_pairs - tied_a) * (num_pairs - tied_b))))


def percentiles(values: Numbers, shares: Sequence[float]) -> list[float]:
    """Per share in [0, 1] the value below which it lies, linear between neighbours. Raises ValueError without values."""
    array = _numbers(values)
    if not len(array):
        raise ValueError("percentiles need at least one value")
    return [float(value) for value in np.quantile(array, shares, method="linear")]


def _numbers(values: Numbers) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if np.isnan(array).any():
        raise ValueError("NaN has no rank; decide first what a failed trial counts as")
    return array


def _pairs(a: Numbers, b: Numbers) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    x, y = _numbers(a), _numbers(b)
    if len(x) != len(y):
        raise ValueError(f"expected pairs, got {len(x)} and {len(y)} values")
    return x, y


def _tied_pairs(values: npt.NDArray[np.float64]) -> int:
    _, sizes = np.unique(values, axis=0, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def _inversions(values: npt.NDArray[np.int64]) -> int:
    """Pairs that stand in falling order: bottom-up merge sort, each merge counted by binary search."""
    count, width, items = 0, 1, values.copy()
    while width < len(items):
        for start in range(0, len(items) - width, 2 * width):
            left, right = items[start : start + width], items[start + width : start + 2 * width]
            count += int((width - np.searchsorted(left, right, side="right")).sum())
            items[start : start + 2 * width] = np.sort(np.concatenate([left, right]), kind="stable")
        width *= 2
    return count
