"""The search against its random-search baseline: what each arm reached for the same spending, and how sure the difference is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Literal

from django.db.models import Avg, Count, Max, Min, OuterRef, Subquery, Sum
from pydantic import BaseModel, ConfigDict, Field, computed_field

from apps.live.snapshot_schema import ObjectiveInfo
from apps.runs.engine import specification_of
from apps.runs.models import Replica, Run, Trial
from apps.runs.selectors.objectives import objective_info
from apps.runs.states import RUN_ENDED, TRIAL_OK
from apps.runs.work_kinds import work_kinds
from nas.analysis.significance import FEWEST_SEEDS, Verdict, verdict
from nas.core.metric import Direction


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Spent(_Part):
    """What one arm has spent so far, all its replicas together. Seconds are simulated where the run is."""

    num_seeds: int
    num_trials: int
    num_steps: int
    seconds: float


class Side(_Part):
    """One number of one arm, over its seeds; None while no seed has one. `num_without`: seeds that found nothing yet."""

    median: float | None
    lowest: float | None
    highest: float | None
    num_without: int


class Measure(_Part):
    """One number by which the arms are compared. `verdict`: the search is the first, random the second."""

    name: Literal["best", "hypervolume"]
    is_larger_better: bool
    search: Side
    random: Side
    verdict: Verdict

    @computed_field  # type: ignore[prop-decorator]
    @property
    def difference(self) -> float | None:
        """Median of the search minus median of random; null while one has none."""
        if self.search.median is None or self.random.median is None:
            return None
        return self.search.median - self.random.median


class AgainstRandom(_Part):
    """Search and random search for the same spending."""

    objective: ObjectiveInfo
    by_cost: bool = Field(description="Compared where every replica has spent `at` seconds, else `at` trials.")
    at: float
    search: Spent
    random: Spent
    measures: tuple[Measure, ...]
    relative: float | None = Field(
        description="(Median best of the search - mean of all random trials) / that mean, after Yang et al. 2020 (arXiv "
        "1912.12522); null where less is better."
    )
    is_provisional: bool = Field(description="The run goes on; who looks often enough meets a small p by chance.")
    is_single_run: bool = Field(description="Fewer than three seeds in an arm.")


def is_compared_by_cost(run: Run) -> bool:
    """Whether equal numbers of trials are no equal budgets: some were trained longer than others, or the search worked beside
    its trials, on shared weights or on islands.
    """
    if run.jobs.filter(kind__in=work_kinds()).exists():
        return True
    ended = Trial.objects.filter(run=run, state__in=TRIAL_OK).order_by()
    steps = ended.aggregate(fewest=Min("steps_done"), most=Max("steps_done"))
    return bool(steps["fewest"] != steps["most"])


def against_random(run: Run) -> AgainstRandom | None:
    """The comparison as it stands; None for a run without a baseline. Eight queries, whatever the number of trials.

    While the run goes on the replicas are not equally far. All are then looked at where the slowest one is.
    """
    specification = specification_of(run)
    if not specification.baseline:
        return None
    first = specification.objectives[0]
    by_cost = is_compared_by_cost(run)
    reached = "spent_seconds" if by_cost else "told_order"
    told = Trial.objects.filter(run=run, told_order__isnull=False).order_by()
    stands = dict(told.values_list("replica_id").annotate(reached=Max(reached)))
    replicas = list(run.replicas.order_by("number").values_list("pk", "is_baseline", "spent_seconds"))
    baseline_of = {pk: is_baseline for pk, is_baseline, _ in replicas}
    seconds = [sum(spent for _, is_baseline, spent in replicas if is_baseline is wanted) for wanted in (False, True)]
    nearest = min(stands.get(pk, 0.0 if by_cost else -1) for pk in baseline_of)
    rows = _rows_at(run, reached, nearest)
    arms = [
        [rows.get(pk) for pk, is_baseline in baseline_of.items() if is_baseline is wanted] for wanted in (False, True)
    ]
    measures = [_measure("best", arms, 0, is_larger_better=first.direction is Direction.MAXIMISE)]
    if len(specification.objectives) > 1:
        measures.append(_measure("hypervolume", arms, 1, is_larger_better=True))
    best = measures[0].search.median
    mean = _random_mean(run) if first.direction is Direction.MAXIMISE else None
    return AgainstRandom(
        objective=objective_info(first),
        by_cost=by_cost,
        at=nearest if by_cost else nearest + 1,
        search=_spent(run, len(arms[0]), seconds[0], is_baseline=False),
        random=_spent(run, len(arms[1]), seconds[1], is_baseline=True),
        measures=tuple(measures),
        relative=None if best is None or not mean else (best - mean) / mean,
        is_provisional=run.state not in RUN_ENDED,
        is_single_run=specification.num_replicas < FEWEST_SEEDS,
    )


def _rows_at(run: Run, reached: str, nearest: float) -> dict[int, tuple[float | None, float | None]]:
    """Replica → (best, hypervolume) after the last trial it was told of within that spending."""
    within = Trial.objects.filter(replica=OuterRef("pk"), told_order__isnull=False, **{f"{reached}__lte": nearest})
    newest = within.order_by("-told_order").values("pk")[:1]
    last = Replica.objects.filter(run=run).annotate(last=Subquery(newest)).values("last")
    rows = Trial.objects.filter(pk__in=last).values_list("replica_id", "best", "hypervolume")
    return {replica: (best, volume) for replica, best, volume in rows}


def _measure(
    name: Literal["best", "hypervolume"],
    arms: Sequence[Sequence[tuple[float | None, float | None] | None]],
    column: int,
    *,
    is_larger_better: bool,
) -> Measure:
    """A seed that found nothing while others did is worse than all of them."""
    found = [[None if row is None else row[column] for row in arm] for arm in arms]
    has_any = any(value is not None for arm in found for value in arm)
    worst = -math.inf if is_larger_better else math.inf
    samples = [[worst if value is None else value for value in arm] if has_any else [] for arm in found]
    return Measure(
        name=name,
        is_larger_better=is_larger_better,
        search=_side(found[0]),
        random=_side(found[1]),
        verdict=verdict(*samples, is_larger_better=is_larger_better),
    )


def _side(values: Sequence[float | None]) -> Side:
    known = [value for value in values if value is not None]
    if not known:
        return Side(median=None, lowest=None, highest=None, num_without=len(values))
    return Side(median=median(known), lowest=min(known), highest=max(known), num_without=len(values) - len(known))


def _random_mean(run: Run) -> float | None:
    ended = Trial.objects.filter(run=run, replica__is_baseline=True, state__in=TRIAL_OK)
    mean: float | None = ended.aggregate(mean=Avg("value_0"))["mean"]
    return mean


def _spent(run: Run, num_seeds: int, seconds: float, *, is_baseline: bool) -> Spent:
    """`seconds`: on a device, also beside trials."""
    told = Trial.objects.filter(run=run, told_order__isnull=False, replica__is_baseline=is_baseline)
    sums = told.exclude(operator__in=work_kinds()).aggregate(trials=Count("pk"), steps=Sum("steps_done"))
    return Spent(
        num_seeds=num_seeds,
        num_trials=sums["trials"],
        num_steps=sums["steps"] or 0,
        seconds=seconds,
    )
