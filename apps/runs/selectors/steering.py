"""What a person can change about a run, and what they need to know for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from statistics import fmean

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser
from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Intervention, Run, Trial
from apps.runs.selectors.record import interventions_of
from apps.runs.specification import RunSpecification
from apps.runs.states import TRIAL_OK
from apps.runs.steering import Steering
from apps.spaces.chosen import chosen_of
from apps.spaces.selectors.thumbnail import thumbnail
from nas.core.errors import NasError
from nas.core.metric import METRICS, Metric, MetricSource
from nas.core.objective import Constraint
from nas.core.setup import SearchSetup
from nas.core.space import Operated, Preset

MOST_COUNTED = 2_500
"""Trials whose architectures are read for the panel: a fifth of a second where architectures are large."""


@dataclass(frozen=True, slots=True)
class SteeringNow:
    """What holds once all that people asked for is carried out."""

    operations: tuple[str, ...]
    forbidden: tuple[str, ...]
    constraints: tuple[Constraint, ...]
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


@dataclass(frozen=True, slots=True)
class OperationUses:
    """`last`: of how many trials at the end of a run that has more; None where all are counted."""

    rows: tuple[OperationUse, ...] = ()
    last: int | None = None


def steering_of(run: Run) -> SteeringNow:
    replica = run.replicas.order_by("number")[0]
    steering = Steering.asked_for(replica)
    now = steering.applied_to(specification_of(run))
    setup = _setup(run)
    return SteeringNow(
        operations=setup.space.operations() if setup is not None and isinstance(setup.space, Operated) else (),
        forbidden=steering.forbidden,
        constraints=now.constraints,
        parallelism=now.parallelism,
        budget_trials=now.budget.trials,
        budget_wall_seconds=now.budget.wall_seconds,
        interventions=interventions_of(run),
    )


def operation_uses(run: Run, steering: SteeringNow) -> OperationUses:
    """In the order of the space; one query. Random search beside the run counts too: it is evidence as good."""
    setup = _setup(run)
    if setup is None or not isinstance(setup.space, Operated):
        return OperationUses()
    values: dict[str, list[float]] = defaultdict(list)
    done = Trial.objects.filter(run=run, state__in=TRIAL_OK, value_0__isnull=False).order_by("-number")
    found = list(done.values_list("architecture__genotype", "value_0")[: MOST_COUNTED + 1])
    for genotype, value in found[:MOST_COUNTED]:
        for name in setup.space.operations_of(genotype):
            values[name].append(value or 0.0)  # never null, as filtered
    loss = setup.objectives[0].loss
    rows = (
        OperationUse(
            name=name,
            is_forbidden=name in steering.forbidden,
            num_trials=len(values[name]),
            mean=fmean(values[name]) if values[name] else None,
            best=min(values[name], key=loss, default=None),
        )
        for name in steering.operations
    )
    return OperationUses(tuple(rows), last=MOST_COUNTED if len(found) > MOST_COUNTED else None)


@dataclass(frozen=True, slots=True)
class Known:
    """An architecture known by name. `hint`: why it cannot be added, "" when it can."""

    preset: Preset
    svg: str
    hint: str


def known_architectures(run: Run, steering: SteeringNow) -> list[Known]:
    """The published ones of the run's space, drawn small."""
    setup = _setup(run)
    if setup is None:
        return []
    setup = replace(setup, forbidden=frozenset(steering.forbidden))
    known = []
    for preset in setup.space.presets():
        shape, classes = setup.problem.input_shape, setup.problem.num_classes
        try:
            setup.cost(preset.genotype)
            svg = thumbnail(setup.space, preset.genotype, shape, classes)
        except NasError as error:
            known.append(Known(preset, "", str(error)[:200]))
            continue
        used = ", ".join(sorted(setup.forbidden_in(preset.genotype)))
        known.append(
            Known(preset, svg, _("uses %(operations)s, which is forbidden") % {"operations": used} if used else "")
        )
    return known


def limitable(run: Run) -> list[Metric]:
    """What a constraint may be about: costs, and what the estimator delivers."""
    setup = _setup(run)
    if setup is None:
        return []
    delivered = {*setup.estimator.metrics(setup.problem), *setup.wanted}
    return [
        metric
        for metric in METRICS.values()
        if metric.source is MetricSource.COST
        or (metric.source in (MetricSource.QUALITY, MetricSource.DEVICE) and metric.name in delivered)
    ]


def handmade_url(run: Run, user: AnyUser) -> str:
    """The page on which an architecture of the run's space is made and sent to it; "" when its space cannot be made."""
    setup = _setup(run)
    if setup is None:
        return ""
    return f"{reverse('spaces:architecture', args=[setup.space.name])}?{chosen_of(setup.space, user).query()}"


def constraint_rows(steering: SteeringNow) -> list[Constraint | None]:
    """What holds, and an empty row for one more."""
    return [*steering.constraints, None]


def trials_keeping(run: Run, constraints: Sequence[str]) -> tuple[int, int]:
    """(how many of the trials that completed keep all of them, how many completed). Raises InvalidConfig."""
    limits = RunSpecification.parse({**run.specification, "constraints": list(constraints)}).constraints
    done = Trial.objects.filter(run=run, state__in=TRIAL_OK)
    beyond = {"<=": "gt", ">=": "lt"}
    broken = [Q(**{f"metrics__{limit.metric}__{beyond[limit.operator]}": limit.limit}) for limit in limits]
    num_broken = done.filter(reduce(or_, broken)).count() if broken else 0  # what was not measured breaks nothing
    num_done = done.count()
    return num_done - num_broken, num_done


def _setup(run: Run) -> SearchSetup | None:
    """None when what the run needs is gone (its data set was deleted, say): then nothing about it can be changed."""
    try:
        return setup_of(run)
    except NasError:
        return None
