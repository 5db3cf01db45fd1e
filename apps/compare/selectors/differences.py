"""Which arm is better, and how sure that is: every pair of arms with several replicas each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Literal

from apps.compare.schema import Arm, Difference
from apps.compare.selectors.shared import Shared
from nas.analysis.holm import holm
from nas.analysis.significance import ALPHA, FEWEST_SEEDS, SURE, Verdict, verdict
from nas.core.metric import Direction

Sureness = Literal["too_few", "chance", "likely", "sure"]


def differences_of(arms: Sequence[Arm], shared: Shared) -> list[Difference]:
    """Pairs of runs, and each run with its own baseline; arms with fewer than three replicas are in no pair."""
    if not shared.objectives:
        return []
    is_larger_better = shared.objectives[0].direction is Direction.MAXIMISE
    pairs = [
        (i, j)
        for (i, a), (j, b) in combinations(enumerate(arms), 2)
        if min(len(a.replicas), len(b.replicas)) >= FEWEST_SEEDS and a.finals and b.finals
        # Baselines of different runs say nothing about the runs.
        if a.run == b.run or not (a.is_baseline or b.is_baseline)
    ]
    samples = [_finals(arm, is_larger_better=is_larger_better) for arm in arms]
    verdicts = [verdict(samples[i], samples[j], is_larger_better=is_larger_better) for i, j in pairs]
    ps = [1.0 if found.p is None else found.p for found in verdicts]
    rows = []
    for (i, j), found, p, adjusted in zip(pairs, verdicts, ps, holm(ps), strict=True):
        apart = median(samples[i]) - median(samples[j])
        rows.append(
            Difference(
                first=i,
                second=j,
                median_difference=apart if math.isfinite(apart) else None,
                p=p,
                p_adjusted=adjusted,
                effect=found.effect or 0.0,
                better=found.better,
                sureness=_sureness(found, adjusted),
            )
        )
    return rows


def _finals(arm: Arm, *, is_larger_better: bool) -> list[float]:
    """One value per replica; one that found nothing is worse than all that did."""
    worst = -math.inf if is_larger_better else math.inf
    return [*arm.finals, *(worst for _ in range(len(arm.replicas) - len(arm.finals)))]


def _sureness(found: Verdict, p_adjusted: float) -> Sureness:
    if found.sureness == "too_few":
        return "too_few"
    return "sure" if p_adjusted <= SURE else "likely" if p_adjusted <= ALPHA else "chance"
