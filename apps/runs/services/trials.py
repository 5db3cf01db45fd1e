"""Rows of the trial table: made when a proposal is accepted, filled in when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F

from apps.architectures.models import Architecture
from apps.live.events import TrialRow
from apps.runs.models import Replica, Trial
from apps.runs.specification import RunSpecification
from apps.runs.states import TrialState
from apps.runs.work_kinds import work_kinds
from nas.core.objective import unmet
from nas.core.proposal import Genotype
from nas.core.result import Result
from nas.core.space import Space, architecture_key


def architectures_for(space: Space, genotypes: Sequence[Genotype]) -> dict[str, Architecture]:
    """Key → row, for all of them; rows that are missing are made. One row per canonical form, whoever finds it."""
    wanted = {architecture_key(space, genotype): genotype for genotype in genotypes}
    found = {a.key: a for a in Architecture.objects.filter(key__in=wanted)}
    missing = [key for key in wanted if key not in found]
    if missing:
        Architecture.objects.bulk_create(
            (
                Architecture(
                    key=key,
                    space_name=space.name,
                    space_version=space.version,
                    space_config=space.config.as_json(),
                    genotype=wanted[key],
                )
                for key in missing
            ),
            ignore_conflicts=True,
        )
        found.update({a.key: a for a in Architecture.objects.filter(key__in=missing)})
    return found


def trial_numbers_take(replica_id: int, count: int) -> int:
    """Reserve `count` trial numbers; returns the first. Call inside the transaction that makes the trials."""
    Replica.objects.filter(pk=replica_id).update(num_trials=F("num_trials") + count)
    return int(Replica.objects.values_list("num_trials", flat=True).get(pk=replica_id)) - count


def found_trials_take(replica_id: int, count: int) -> int:
    """The same for architectures that a job found along the way: they count for no budget."""
    Replica.objects.filter(pk=replica_id).update(num_found=F("num_found") + count)
    return trial_numbers_take(replica_id, count)


def values_of(specification: RunSpecification, metrics: Mapping[str, float]) -> tuple[float | None, ...]:
    """The objectives' values in their order, None where there is none."""
    return tuple(metrics.get(objective.metric) for objective in specification.objectives)


def trial_cancel(trial: Trial, *, reason: str, now: datetime) -> None:
    """Fill in a trial (in memory) that ends without a result. Needs no specification: it works for a run that lost its own."""
    trial.state = TrialState.CANCELLED
    trial.is_feasible = False
    trial.reason = reason
    trial.finished_at = now


CANCEL_COLUMNS = ["state", "is_feasible", "reason", "finished_at"]


def trial_end(trial: Trial, result: Result, specification: RunSpecification, *, now: datetime) -> None:
    """Fill in a trial (in memory) from its result. `END_COLUMNS` names what this sets."""
    values = (*values_of(specification, result.metrics), None, None)
    trial.state = result.status.value
    trial.value_0, trial.value_1, trial.value_2 = values[:3]
    trial.metrics = dict(result.metrics)
    trial.is_feasible = result.status.is_ok and not unmet(specification.constraints, result.metrics)
    trial.reason, trial.detail = result.reason, result.detail
    trial.cost_seconds, trial.steps_done = result.cost_seconds, result.steps_done
    trial.is_simulated = result.is_simulated
    trial.finished_at = now


END_COLUMNS = [
    "state",
    "value_0",
    "value_1",
    "value_2",
    "metrics",
    "is_feasible",
    "reason",
    "detail",
    "cost_seconds",
    "steps_done",
    "is_simulated",
    "finished_at",
]


def trial_row(trial: Trial, num_objectives: int) -> TrialRow:
    values = [trial.value_0, trial.value_1, trial.value_2][:num_objectives]
    return TrialRow(
        number=trial.number,
        state=trial.state,
        values=values,
        is_feasible=trial.is_feasible,
        is_reused=trial.reused_seconds is not None,
        is_found=trial.operator in work_kinds(),
        reason=trial.reason,
    )
