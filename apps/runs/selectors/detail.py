"""What the run page shows beside the live state: who can do what, who works, what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.error_distribution import error_distribution
from apps.charts.figure import Json
from apps.charts.lineage_figure import lineage_figure
from apps.charts.pareto_front import pareto_front
from apps.charts.progress import progress
from apps.charts.trial_curve import trial_curve
from apps.live.snapshot_schema import ObjectiveInfo
from apps.runs.models import Replica, ReplicaView, Run, Trial
from apps.runs.selectors.against_random import is_compared_by_cost
from apps.runs.selectors.titles import registered_title
from apps.workers.selectors import workers_for
from nas import registry
from nas.core.errors import UnknownName
from nas.core.space import Shareable


@dataclass(frozen=True, slots=True)
class Workforce:
    """How many workers could take a job of this run now; `hint` says what to do when there is none."""

    count: int
    hint: str


def run_workforce(run: Run, *, now: datetime) -> Workforce:
    count = workers_for(device=run.device, now=now).count()
    if count:
        return Workforce(count, "")
    queue = "gpu" if run.device == "gpu" else "cpu"
    command = f"python -m celery -A nasweb worker -Q {queue} -c 1 --pool-start-method spawn"
    no_worker = _("No GPU worker is running.") if queue == "gpu" else _("No worker is running.")
    return Workforce(
        0, f"{no_worker} {_('“make run” starts them with the server; one alone starts with: %s') % command}"
    )


def run_parts(run: Run) -> dict[str, str]:
    """The titles of what the run was put together from, for its heading."""
    return {
        "strategy": registered_title(registry.strategies, run.strategy_name),
        "space": registered_title(registry.spaces, run.space_name),
        "problem": run.dataset.name if run.dataset else registered_title(registry.problems, run.problem_name),
        "estimator": run.table.name if run.table else registered_title(registry.estimators, run.estimator_name),
    }


def run_figures(
    run: Run, replicas: Sequence[Replica], objectives: list[ObjectiveInfo], *, x: int | None, y: int
) -> dict[str, Json]:
    """The skeletons of the run page's charts, by name."""
    has_baseline = any(replica.is_baseline for replica in replicas)
    is_banded = len(replicas) > 1
    figures = (
        pareto_front(objectives, x=x, y=y, baseline=has_baseline, shares_weights=shares_weights(run)),
        progress(
            objectives,
            run.reference_point,
            is_banded=is_banded,
            has_seeds=sum(not replica.is_baseline for replica in replicas) > 1,
            by_cost=is_banded and is_compared_by_cost(run),
            is_simulated=run.is_simulated,
        ),
        error_distribution(objectives),
        trial_curve(has_epochs=counts_epochs(run)),
        lineage_figure(objectives[0]),
    )
    return {figure.name: figure.as_json() for figure in figures}


def shares_weights(run: Run) -> bool:
    """Whether its strategy trains shared weights first, and architectures by themselves only in the end."""
    try:
        return Shareable in registry.strategies.get(run.strategy_name).requires
    except UnknownName:
        return False


def counts_epochs(run: Run) -> bool:
    """Whether the steps of its evaluations are epochs: of a training, or of one that a table recorded."""
    try:
        estimator = registry.estimators.get(run.estimator_name)
    except UnknownName:
        return False
    return estimator.is_simulated or "epochs" in estimator.Config.model_fields


def run_views(run: Run) -> list[ReplicaView]:
    """The pictures the strategies show of their inside, replica by replica, each in the order in which it first came."""
    return list(
        ReplicaView.objects.filter(replica__run=run).select_related("replica").order_by("replica__number", "pk")
    )


def trial_numbers_of_proposals(replica: Replica, proposals: Sequence[int]) -> dict[tuple[int, int], int]:
    """(proposal number, serial) → trial number, for those that became trials."""
    rows = Trial.objects.filter(replica=replica, proposal__number__in=set(proposals))
    return {
        (proposal, serial): number
        for proposal, serial, number in rows.values_list("proposal__number", "serial", "number")
    }


def flattened(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(path, value) of every leaf of a JSON value, for a table that people read: "space › config › width", "8"."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flattened(inner, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        for index, inner in enumerate(value):
            yield from flattened(inner, (*path, str(index + 1)))
    else:
        yield " › ".join(path), _leaf(value)


def _leaf(value: Any) -> str:
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_leaf(inner) for inner in value)
    return str(value)
