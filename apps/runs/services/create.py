"""Starting a run."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import Team, User
from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.live.events import RunChanged
from apps.live.models import Stream
from apps.live.outbox import emit
from apps.runs.models import Replica, Run
from apps.runs.record import record_begin
from apps.runs.references import references_of
from apps.runs.services.possible import sampled_costs, something_left
from apps.runs.specification import RunSpecification
from apps.runs.states import RunState
from apps.runs.wake import wake_control
from nas.core.errors import InvalidConfig
from nas.core.metric import MetricSource
from nas.core.setup import SearchSetup

NAME_LENGTH = 300


def run_create(
    *,
    team: Team,
    by: User,
    name: str,
    values: object,
    now: datetime,
    is_demo: bool = False,
    cloned_from: Run | None = None,
) -> Run:
    """Check everything that can be known to be wrong, store the run, have it begin.

    `cloned_from`: the run whose form it began with, for its record.

    Raises InvalidConfig; its fields are paths into the specification, or "name".
    """
    name = _checked_name(name)
    parsed = RunSpecification.parse(values)
    references = references_of(parsed, by)
    data, tables = PlatformDataLibrary(), PlatformTableLibrary(supernet=references.supernet)
    specification = RunSpecification.checked(parsed.as_json(), data=data, tables=tables)
    setup = specification.setup(data=data, tables=tables)
    something_left(setup)
    with transaction.atomic():
        run = Run.objects.create(
            team=team,
            created_by=by,
            name=name,
            specification=specification.as_json(),
            record=record_begin(specification, setup, cloned_from=cloned_from.pk if cloned_from else None),
            space_name=setup.space.name,
            problem_name=setup.problem.name,
            strategy_name=specification.strategy.name,
            estimator_name=setup.estimator.name,
            dataset=references.dataset,
            table=references.table,
            supernet=references.supernet,
            seed=specification.seed,
            device=specification.device,
            reference_point=reference_point(setup),
            is_simulated=setup.estimator.is_simulated,
            is_demo=is_demo,
        )
        for latency_table in references.latency_tables:
            latency_table.runs.add(run)
        Replica.objects.bulk_create(
            Replica(run=run, number=number, is_baseline=specification.is_baseline(number))
            for number in range(specification.total_replicas)
        )
        Stream.objects.create(run=run)
        emit(run.pk, [RunChanged(state=RunState.QUEUED, by=by.get_username())])
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)
    return run


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise InvalidConfig.at("name", "give the run a name")
    if len(name) > NAME_LENGTH:
        raise InvalidConfig.at("name", f"at most {NAME_LENGTH} characters, got {len(name)}")
    if "\x00" in name:
        raise InvalidConfig.at("name", "a name cannot contain the NUL character")
    return name


def reference_point(setup: SearchSetup) -> list[float | None]:
    """One value per objective, raw units: the worst that is possible, or the largest cost seen among presets and samples.

    None for what has no natural worst (latency, loss): fixed after the first trials.
    """
    costs: list[dict[str, float]] = []
    point: list[float | None] = []
    for objective in setup.objectives:
        declared = objective.declaration
        if declared.source is MetricSource.COST:
            costs = costs or sampled_costs(setup)
            values = [cost[objective.metric] for cost in costs]
            point.append(max(values, key=objective.loss))
        else:
            point.append(declared.worst)
    return point
