"""Is one method better than another, or was it chance? Two samples, one number per seed. Imports no project code but ranks.

Mann and Whitney 1947 (doi 10.1214/aoms/1177730491) for how sure, Vargha and Delaney 2000 (doi 10.3102/10769986025002101)
for how much. Nothing is assumed about the shape of the distributions. Infinity is a value like others: a seed that found
nothing is worse than every seed that found something.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nas.analysis.statistics import ranks

Numbers = Sequence[float] | npt.NDArray[np.float64]
Side = Literal["first", "second"]
Sureness = Literal["single_run", "too_few", "chance", "likely", "sure"]
Effect = Literal["none", "small", "medium", "large"]

ALPHA = 0.05
SURE = 0.01
FEWEST_SEEDS = 3
"""Below this many seeds per arm a comparison is called a single run, and nothing is tested."""
MOST_EXACT = 60
"""Values of both samples together up to which p is exact: the number of ways to deal them still fits 64 bits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What two samples tell about their methods.

    Attributes:
      num_first, num_second: seeds per arm.
      p: two-sided; None with fewer than 3 seeds per arm.
      effect: A12, the chance that a seed of the first beats one of the second (a tie counts half); 0.5 is no difference.
      better: the side that wins more often; None when neither does.
      sureness: single_run (fewer than 3 seeds in an arm), too_few (no outcome of so few seeds could reach 5 %),
        chance (p > 0.05), likely (p ≤ 0.05), sure (p ≤ 0.01).
      smallest_p: the p of a win in every pair with this many seeds and no ties; None without seeds.
      seeds_needed: seeds per arm from which p ≤ 0.05 is possible at all (4), when there are fewer now; else None.
    """

    num_first: int
    num_second: int
    p: float | None
    effect: float | None
    better: Side | None
    sureness: Sureness
    smallest_p: float | None
    seeds_needed: int | None

    @property
    def is_significant(self) -> bool:
        return self.sureness in ("likely", "sure")

    @property
    def effect_size(self) -> Effect | None:
        """In words, by Vargha and Delaney's bounds on A12: from 0.56 small, from 0.64 medium, from 0.71 large."""
        if self.effect is None:
            return None
        distance = max(self.effect, 1 - self.effect) + 1e-12
        return (
            "large" if distance >= 0.71 else "medium" if distance >= 0.64 else "small" if distance >= 0.56 else "none"
        )

    def sentence(self, first: str = "the first", second: str = "the second") -> str:
        """How sure, in plain English; `first` and `second` name the arms."""
        if self.effect is None:
            return "There is nothing to compare yet."
        if self.sureness == "single_run":
            fewest = min(self.num_first, self.num_second)
            count = "one seed" if fewest == 1 else f"{fewest} seeds"
            return f"A single run: {count} cannot tell skill from luck. At least {FEWEST_SEEDS} per arm are needed."
        if self.sureness == "too_few":
            return (
                f"Too few seeds: even a win in every pair would have p = {self.smallest_p:.2g}. "
                f"With {self.seeds_needed} per arm a clear difference could show."
            )
        chance = f"a difference like this comes about by luck in {_percent(self.p)} of comparisons (p = {self.p:.2g})"
        if self.better is None or self.sureness == "chance":
            return f"No difference is shown: {chance}."
        winner, loser = (first, second) if self.better == "first" else (second, first)
        how = "almost certainly" if self.sureness == "sure" else "probably"
        return f"{winner[:1].upper()}{winner[1:]} is {how} better than {loser}: {chance}."


def mann_whitney(a: Numbers, b: Numbers) -> float:
    """Two-sided p of the hypothesis that neither sample tends to larger values.

    Up to 60 values in all it is exact, ties or not: of all ways to deal the ranks that were seen, the share at least as
    far out, twice the smaller tail. (With ties the normal curve would call three against three significant, which it
    cannot be.) Beyond, the normal approximation with tie and continuity correction. Raises ValueError for an empty
    sample or NaN.
    """
    together = ranks([*a, *b])
    num_a, num_b = len(a), len(b)
    if not num_a or not num_b:
        raise ValueError("both samples need at least one value")
    rank_sum = float(together[:num_a].sum())
    if num_a + num_b <= MOST_EXACT:
        return _exact(np.rint(2 * together).astype(np.int64), num_a, round(2 * rank_sum))
    return _normal(together, num_a, num_b, rank_sum)


def a12(a: Numbers, b: Numbers) -> float:
    """The chance that a value of `a` is larger than one of `b`, a tie counting half. O(n log n). Raises ValueError as above."""
    if not len(a) or not len(b):
        raise ValueError("both samples need at least one value")
    rank_sum = float(ranks([*a, *b])[: len(a)].sum())
    return (rank_sum - len(a) * (len(a) + 1) / 2) / (len(a) * len(b))


def verdict(first: Numbers, second: Numbers, *, is_larger_better: bool) -> Verdict:
    """Compare one final value per seed of two arms. Empty arms are no error: there is nothing to compare yet."""
    num_first, num_second = len(first), len(second)
    fewest = min(num_first, num_second)
    if not fewest:
        return Verdict(num_first, num_second, None, None, None, "single_run", None, FEWEST_SEEDS + 1)
    effect = a12(first, second) if is_larger_better else a12(second, first)
    better: Side | None = "first" if effect > 0.5 else "second" if effect < 0.5 else None
    smallest = min(1.0, 2 / math.comb(num_first + num_second, num_first))
    needed = next(n for n in range(1, 100) if 2 / math.comb(2 * n, n) <= ALPHA) if smallest > ALPHA else None
    if fewest < FEWEST_SEEDS:
        return Verdict(num_first, num_second, None, effect, better, "single_run", smallest, needed)
    p = mann_whitney(first, second)
    sureness: Sureness = (
        "too_few" if needed is not None else "sure" if p <= SURE else "likely" if p <= ALPHA else "chance"
    )
    return Verdict(num_first, num_second, p, effect, better, sureness, smallest, needed)


def _exact(doubled: npt.NDArray[np.int64], num_a: int, doubled_sum: int) -> float:
    """`doubled`: twice the mid-ranks, so that they are whole. Counts the ways to choose `num_a` of them, by their sum."""
    ways = np.zeros((num_a + 1, int(doubled.sum()) + 1), dtype=np.int64)
    ways[0, 0] = 1
    for rank in doubled.tolist():
        for chosen in range(num_a, 0, -1):
            ways[chosen, rank:] += ways[chosen - 1, : ways.shape[1] - rank]
    by_sum = ways[num_a]
    tail = min(int(by_sum[: doubled_sum + 1].sum()), int(by_sum[doubled_sum:].sum()))
    return min(1.0, 2 * tail / math.comb(len(doubled), num_a))


def _normal(together: npt.NDArray[np.float64], num_a: int, num_b: int, rank_sum: float) -> float:
    num = num_a + num_b
    _, ties = np.unique(together, return_counts=True)
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (num * (num - 1))
    deviation = math.sqrt(num_a * num_b / 12 * (num + 1 - tied))
    if not deviation:
        return 1.0
    distance = max(0.0, abs(rank_sum - num_a * (num + 1) / 2) - 0.5)
    return math.erfc(distance / deviation / math.sqrt(2))


def _percent(p: float | None) -> str:
    if p is None:
        return "–"
    return "fewer than 0.1 %" if p < 0.001 else f"{100 * p:.2g} %"
