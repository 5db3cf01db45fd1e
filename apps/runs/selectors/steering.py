"""What a person can change about a run, and what they need to know for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean

from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Intervention, Run, Trial
from apps.runs.selectors.record import interventions_of
from apps.runs.states import TRIAL_OK
from apps.runs.steering import Steering
from nas.core.errors import NasError
from nas.core.setup import SearchSetup
from nas.core.space import Operated


@dataclass(frozen=True, slots=True)
class SteeringNow:
    """What holds once all that people asked for is carried out."""

    operations: tuple[str, ...]
    forbidden: tuple[str, ...]
    constraints: tuple[str, ...]
    parallelism: int
    budget_trials: int | None
    budget_wall_seconds: float | None
    interventions: list[Intervention]


@dataclass(frozen=True, slots=True)
class OperationUse:
    """How an operation did so far. `mean` and `best` of the first objective, None where no trial that used it completed."""

    name: str
    is_forbidden: bool
    num_trials: int
    mean: float | None
    best: float | None


def steering_of(run: Run) -> SteeringNow:
    replica = run.replicas.order_by("number")[0]
    steering = Steering.asked_for(replica)
    now = steering.applied_to(specification_of(run))
    setup = _setup(run)
    return SteeringNow(
        operations=setup.space.operations() if setup is not None and isinstance(setup.space, Operated) else (),
        forbidden=steering.forbidden,
        constraints=tuple(str(constraint) for constraint in now.constraints),
        parallelism=now.parallelism,
        budget_trials=now.budget.trials,
        budget_wall_seconds=now.budget.wall_seconds,
        interventions=interventions_of(run),
    )


def operation_uses(run: Run, steering: SteeringNow) -> list[OperationUse]:
    """In the order of the space; one query. Random search beside the run counts too: it is evidence as good."""
    setup = _setup(run)
    if setup is None or not isinstance(setup.space, Operated):
        return []
    values: dict[str, list[float]] = defaultdict(list)
    done = Trial.objects.filter(run=run, state__in=TRIAL_OK, value_0__isnull=False)
    for genotype, value in done.values_list("architecture__genotype", "value_0"):
        for name in setup.space.operations_of(genotype):
            values[name].append(value)
    loss = setup.objectives[0].loss
    return [
        OperationUse(
            name=name,
            is_forbidden=name in steering.forbidden,
            num_trials=len(values[name]),
            mean=fmean(values[name]) if values[name] else None,
            best=min(values[name], key=loss, default=None),
        )
        for name in steering.operations
    ]


def _setup(run: Run) -> SearchSetup | None:
    """None when what the run needs is gone (its data set was deleted, say): then nothing about it can be changed."""
    try:
        return setup_of(run)
    except NasError:
        return None
