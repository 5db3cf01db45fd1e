"""RegNet's rule: four numbers make the widths and depths of all stages.

Radosavovic et al. 2020, arXiv 2003.13678, section 3.3: widths grow linearly, block by block, and are then rounded to
steps that grow by a constant factor.
"""

from __future__ import annotations

from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

QUANTUM = 8
W_A_UNITS = 100  # w_a is a multiple of 0.01
W_M_UNITS = 1_000  # w_m is a multiple of 0.001


def stage_widths(depth: int, w_0: int, w_a: float, w_m: float) -> tuple[list[int], list[int], int]:
    """Widths and depths of the stages, and the highest level + 1, which is their number unless a level was skipped.

    Block j would have u_j = w_0 + w_a · j channels; its level is k_j = log(u_j / w_0) / log(w_m), rounded; its width
    w_0 · w_m^k_j, rounded to a multiple of 8. Halves round to even.
    """
    scale = 1 / log(w_m)
    widths: list[int] = []
    depths: list[int] = []
    level = -1
    for j in range(depth):
        at = round(log((w_0 + w_a * j) / w_0) * scale)
        if at != level:
            level = at
            width = QUANTUM * round(w_0 * w_m**level / QUANTUM)
            if not widths or width != widths[-1]:
                widths.append(width)
                depths.append(0)
        depths[-1] += 1
    return widths, depths, level + 1


@lru_cache(maxsize=64)
def count_valid(
    num_stages: int,
    depths: tuple[int, int],
    w_0s: tuple[int, ...],
    w_a_units: tuple[int, int],
    w_m_units: tuple[int, int],
) -> tuple[int, int]:
    """How many (depth, w_0, w_a, w_m) have exactly `num_stages` stages: lower and upper bound, equal but for ties.

    With r = w_a / w_0, block j is on level m or higher when r · j reaches t_m = w_m^(m - 1/2) - 1. So level m begins at block
    c_m = ceil(t_m / r), and there are `num_stages` levels, none skipped, when c_1 < c_2 < … and the depth lies in
    (c_last, c_next]. Between the breakpoints t_m / n of r nothing changes: each stretch of r is counted at once. A w_a
    within 10⁻⁹ of a breakpoint, where rounding decides, is in the upper bound only. Ranges are inclusive; `w_m` is at
    least 2 and `w_0` at least 8, so that levels differ in width.
    """
    w_m = np.arange(w_m_units[0], w_m_units[1] + 1) / W_M_UNITS
    thresholds = w_m[:, None] ** (np.arange(1, num_stages + 1) - 0.5) - 1  # (w_m, level)
    # less slope never reaches the last level, more leaves it behind
    first = thresholds[:, -2:-1] / (depths[1] - 1)
    last = thresholds[:, -1:] / max(1, depths[0] - 1)
    points = (thresholds[:, :, None] / np.arange(1, depths[1] + 1)).reshape(len(w_m), -1)
    points = np.sort(np.clip(np.hstack([first, points, last]), first, last), axis=1)
    begins, ends = points[:, :-1], points[:, 1:]  # (w_m, stretch)
    begin_blocks = np.ceil(thresholds[:, None, :] / ((begins + ends) / 2)[:, :, None])  # (w_m, stretch, level)
    is_whole = (np.diff(begin_blocks[:, :, :-1], axis=2) > 0).all(axis=2) & (ends > begins)
    num_depths = np.minimum(depths[1], begin_blocks[:, :, -1]) - np.maximum(depths[0], begin_blocks[:, :, -2] + 1) + 1
    chosen = is_whole & (num_depths > 0)
    begins, ends, weights = begins[chosen], ends[chosen], num_depths[chosen]
    lower = upper = 0
    for w_0 in w_0s:
        low, high = begins * w_0 * W_A_UNITS, ends * w_0 * W_A_UNITS
        # no matrix product: on a busy machine its threads wait for each other a hundred times longer than this takes
        lower += int((weights * _num_integers(low * (1 + 1e-9), high * (1 - 1e-9), w_a_units)).sum())
        upper += int((weights * _num_integers(low * (1 - 1e-9), high * (1 + 1e-9), w_a_units)).sum())
    return lower, upper


def _num_integers(low: _Floats, high: _Floats, bounds: tuple[int, int]) -> _Floats:
    counts: _Floats = np.minimum(np.floor(high), bounds[1]) - np.maximum(np.ceil(low), bounds[0]) + 1
    return np.maximum(counts, 0)
