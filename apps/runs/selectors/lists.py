"""The list of runs: what the home page and the API show of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from apps.accounts.access import AnyUser, visible
from apps.accounts.models import Team
from apps.live.snapshot_schema import ObjectiveInfo
from apps.runs.engine import specification_of
from apps.runs.models import Replica, Run, Trial
from apps.runs.selectors.objectives import objective_info
from apps.runs.selectors.titles import registered_title
from apps.runs.specification import RunSpecification
from apps.runs.states import TRIAL_OPEN, RunState
from apps.runs.steering import Steering
from nas import registry

ORDERS = ("-created_at", "created_at", "name", "-name")
STATE_GROUPS: dict[str, frozenset[RunState]] = {
    "active": frozenset({RunState.QUEUED, RunState.RUNNING, RunState.PAUSED, RunState.STOPPING, RunState.REPORTING}),
    "ended": frozenset({RunState.COMPLETED, RunState.STOPPED, RunState.CANCELLED, RunState.FAILED}),
}
LINE_POINTS = 32


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the list. `line`: hypervolume (with one objective: best value) over time, evenly sampled, oldest first.

    `planned_trials`: as many as all replicas may take; None when the budget is a time.
    """

    run: Run
    strategy: str
    space: str
    num_ended: int
    num_failed: int
    planned_trials: int | None
    objective: ObjectiveInfo
    best: float | None
    line: Sequence[float]

    @property
    def percent(self) -> float | None:
        """How much of the plan is done, 0 to 100; None when the budget is a time. Who ended by itself did all of it."""
        return self._share(self.num_ended)

    @property
    def percent_ok(self) -> float | None:
        return self._share(self.num_ended - self.num_failed)

    @property
    def percent_failed(self) -> float | None:
        return self._share(self.num_failed)

    def _share(self, count: int) -> float | None:
        if self.planned_trials is None:
            return None
        whole = self.num_ended if self.run.state == RunState.COMPLETED else self.planned_trials
        return min(100.0, 100.0 * count / max(1, whole))


def run_list(
    *, user: AnyUser, team: Team | None = None, state: str = "", search: str = "", order: str = "-created_at"
) -> QuerySet[Run]:
    """The runs `user` may see. `state`: a run state, "active", "ended", or "" for all; unknown values find nothing."""
    runs = visible(Run.objects.all(), user)
    if team is not None:
        runs = runs.filter(team=team)
    if state:
        runs = runs.filter(state__in=STATE_GROUPS.get(state, {state}))
    if search and "\x00" not in search:
        runs = runs.filter(Q(name__icontains=search) | Q(created_by__username__icontains=search))
    runs = runs.select_related("team", "created_by").defer("record")
    runs = runs.prefetch_related(Prefetch("replicas", queryset=Replica.objects.order_by("number")))
    return runs.order_by(order if order in ORDERS else ORDERS[0], "-pk")


def run_rows(runs: Iterable[Run]) -> list[RunRow]:
    """The rows of one page of `run_list`; one query more for all their lines together, one for what has not ended yet."""
    page = list(runs)
    still_open = dict(
        Trial.objects.filter(run__in=page, state__in=TRIAL_OPEN)
        .values_list("run")
        .annotate(count=Count("pk"))
        .order_by()
    )
    specifications = {run.pk: specification_of(run) for run in page}
    lines = _lines({run.pk: list(run.replicas.all()) for run in page})
    rows = []
    for run in page:
        replicas = list(run.replicas.all())
        objectives = specifications[run.pk].objectives
        found = [r.best for r in replicas if r.best is not None and not r.is_baseline]
        rows.append(
            RunRow(
                run=run,
                strategy=registered_title(registry.strategies, run.strategy_name),
                space=registered_title(registry.spaces, run.space_name),
                num_ended=sum(r.num_trials - r.num_found for r in replicas) - still_open.get(run.pk, 0),
                num_failed=sum(replica.num_failed for replica in replicas),
                planned_trials=_now(specifications[run.pk], replicas).total_trials,
                objective=objective_info(objectives[0]),
                best=min(found, key=objectives[0].loss, default=None),
                line=lines[run.pk][0 if len(objectives) > 1 else 1],
            )
        )
    return rows


def _now(specification: RunSpecification, replicas: Sequence[Replica]) -> RunSpecification:
    """With all that people changed, as the first replica meets it."""
    return Steering.of(replicas[0]).applied_to(specification) if replicas else specification


def _lines(replicas: dict[int, list[Replica]]) -> dict[int, tuple[list[float], list[float]]]:
    """Run → (hypervolumes, bests) of its first replica, read at LINE_POINTS evenly spaced trials, by their unique number."""
    wanted = Q(pk__in=[])
    first = {run: of[0] for run, of in replicas.items() if of}
    for replica in first.values():
        last = max(0, replica.num_trials - 1)
        numbers = sorted({round(last * place / (LINE_POINTS - 1)) for place in range(LINE_POINTS)})
        wanted |= Q(replica_id=replica.pk, number__in=numbers)
    rows = (
        Trial.objects.filter(wanted, told_order__isnull=False)
        .order_by("run_id", "told_order")
        .values_list("run_id", "hypervolume", "best")
    )
    lines: dict[int, tuple[list[float], list[float]]] = {run: ([], []) for run in replicas}
    for run_id, hypervolume, best in rows:
        for line, value in zip(lines[run_id], (hypervolume, best), strict=True):
            if value is not None:
                line.append(value)
    for run_id, replica in first.items():
        for line, value in zip(lines[run_id], (replica.hypervolume, replica.best), strict=True):
            if value is not None:
                line.append(value)
    return lines
