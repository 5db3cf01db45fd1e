"""Courses of many seeds as a table, each arm beside random search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nas.analysis.significance import a12, mann_whitney
from tests.bench.search.arms import RANDOM
from tests.bench.search.race import Course

SHARES = (0.25, 0.5, 1.0)
"""Of the budget, at which accuracies are compared."""


@dataclass(frozen=True, slots=True)
class Row:
    """One arm. `short` are accuracies or regrets in percentage points at SHARES: (mean, standard deviation) over seeds."""

    arm: str
    num_seeds: int
    num_evaluations: float
    at_shares: tuple[tuple[float, float], ...]
    test: tuple[float, float]
    p: float | None
    better: float | None
    num_optimal: int | None


def rows_of(courses: Mapping[str, Sequence[Course]], budget: float, best: float | None) -> list[Row]:
    """Regret where the best is known, else the best accuracy, in percent. `p`: Mann-Whitney, two-sided, against random
    search at the end; `better`: the chance that a search of this arm ends better than one of random search (A12)."""
    made = []
    ends = {arm: at_cost(of_arm, budget) for arm, of_arm in courses.items()}
    for arm, of_arm in courses.items():
        values = [100 * at_cost(of_arm, share * budget) for share in SHARES]
        if best is not None:
            values = [100 * best - each for each in values]
        is_random = arm == RANDOM or RANDOM not in ends
        made.append(
            Row(
                arm=arm,
                num_seeds=len(of_arm),
                num_evaluations=float(np.mean([len(course.cost) for course in of_arm])),
                at_shares=tuple((float(np.mean(each)), float(np.std(each, ddof=1))) for each in values),
                test=_mean_and_deviation([100 * course.test_accuracy for course in of_arm]),
                p=None if is_random else mann_whitney(list(ends[arm]), list(ends[RANDOM])),
                better=None if is_random else a12(list(ends[arm]), list(ends[RANDOM])),
                num_optimal=None if best is None else int(np.sum(ends[arm] >= best - 1e-12)),
            )
        )
    return made


def at_cost(courses: Sequence[Course], cost: float) -> npt.NDArray[np.float64]:
    """(seeds,) best validation accuracy when that much was spent; 0 before the first evaluation ended."""
    found = []
    for course in courses:
        place = int(np.searchsorted(course.cost, cost, side="right")) - 1
        found.append(course.accuracy[place] if place >= 0 else 0.0)
    return np.array(found)


def as_markdown(rows: Sequence[Row], *, is_regret: bool) -> str:
    what = "regret" if is_regret else "accuracy"
    optimal = " optimum found |" if is_regret else ""
    lines = [
        "| strategy | seeds | evaluations | "
        + " | ".join(f"{what} at {share:.0%}" for share in SHARES)
        + f" |{optimal} test accuracy | against random |",
        "|" + "---|" * (6 + len(SHARES) + bool(optimal) - 1),
    ]
    for row in rows:
        shares = " | ".join(f"{mean:.2f} ± {deviation:.2f}" for mean, deviation in row.at_shares)
        found = f" {row.num_optimal} |" if is_regret else ""
        against = "" if row.p is None or row.better is None else f"{_verdict(row)}"
        lines.append(
            f"| `{row.arm}` | {row.num_seeds} | {row.num_evaluations:.0f} | {shares} |{found} "
            f"{row.test[0]:.2f} ± {row.test[1]:.2f} | {against} |"
        )
    return "\n".join(lines)


def _verdict(row: Row) -> str:
    assert row.p is not None and row.better is not None
    p = "p < 1e-6" if row.p < 1e-6 else f"p = {row.p:.2g}"
    if row.p >= 0.05:
        return f"no difference shown ({p})"
    return f"{'better' if row.better > 0.5 else '**worse**'} in {max(row.better, 1 - row.better):.0%} of pairs ({p})"


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1))
