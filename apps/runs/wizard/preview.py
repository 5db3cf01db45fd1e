"""What would happen if the draft were started now: the space it would search, who would do it, how long it may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, Level, teams_of, visible
from apps.datasets.library import PlatformDataLibrary, PlatformTableLibrary
from apps.runs.models import Run, Trial
from apps.runs.selectors.reusable import reusable_results
from apps.runs.specification import RunSpecification
from apps.runs.states import TrialState
from apps.runs.wizard.context import Meaning
from apps.runs.wizard.draft import CHOICES, Draft
from apps.runs.work_kinds import work_kinds
from apps.spaces.selectors.preview import SpacePreview, space_preview
from apps.workers.models import Worker
from nas.analysis.significance import FEWEST_SEEDS
from nas.core.errors import FieldError, InvalidConfig
from nas.core.graph import Shape
from nas.core.objective import Constraint
from nas.reuse import fresh_because
from nas.specification import BASELINE

WORKER_PATIENCE = timedelta(minutes=2)
"""A worker that was not heard of for longer is not counted."""

REMEMBERED_RUNS, REMEMBERED_TRIALS = 50, 200
_DECIDES_TIME = ("problem", "space", "estimator")


@dataclass(frozen=True, slots=True)
class Duration:
    """An estimate from earlier trials: seconds for the whole budget, and how many trials it rests on."""

    seconds: float
    trial_seconds: float
    num_trials: int


@dataclass(frozen=True, slots=True)
class Work:
    """What the budget amounts to. `trials`: of one seed, None where a time is the only limit; `random_trials`: of one seed of the
    baseline; `total` of all, baseline included.

    `ends_by_itself`: the strategy works beside its trials, and takes fewer of them than the budget allows.
    `is_random`: the search is random search itself, so a baseline of it compares chance with chance.
    """

    trials: int | None
    random_trials: int | None
    total: int | None
    ends_by_itself: bool
    num_seeds: int
    has_baseline: bool
    is_random: bool

    @property
    def is_single_run(self) -> bool:
        return self.num_seeds < FEWEST_SEEDS


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """What is wrong, and the step of the form on which it can be put right."""

    step: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class WizardPreview:
    space: SpacePreview | None
    space_title: str
    input_shape: Shape | None
    num_classes: int | None
    num_workers: int
    duration: Duration | None
    is_simulated: bool
    work: Work | None
    num_reusable: int
    errors: tuple[ErrorLine, ...]


_STEPS = {"constraints": "objectives", "budget": "estimator"}


def wizard_preview(meaning: Meaning, *, user: AnyUser, now: datetime) -> WizardPreview:
    draft, problem, space = meaning.draft, meaning.problem, meaning.space
    shown = None
    if problem is not None and space is not None:
        shown = space_preview(space, problem.input_shape, problem.num_classes, _constraints(draft))
    specification = meaning.specification
    workers = workers_able(str(draft.values.get("device", "any")), now=now)
    return WizardPreview(
        space=shown,
        space_title=CHOICES["space"].get(draft.choice("space")).title,
        input_shape=problem.input_shape if problem else None,
        num_classes=problem.num_classes if problem else None,
        num_workers=workers,
        duration=_duration(specification, workers, user) if specification else None,
        is_simulated=bool(meaning.estimator and meaning.estimator.is_simulated),
        work=_work(specification) if specification else None,
        num_reusable=_num_reusable(meaning, user),
        errors=tuple(_line(error) for error in meaning.errors),
    )


def workers_able(device: str, *, now: datetime) -> int:
    """How many workers that are alive could take a trial of a run for that device."""
    alive = Worker.objects.filter(stopped_at__isnull=True, last_seen_at__gte=now - WORKER_PATIENCE)
    queues = {"cpu": ("cpu",), "gpu": ("gpu",)}.get(device, ("cpu", "gpu"))
    return alive.filter(queue__in=queues).count()


def _num_reusable(meaning: Meaning, user: AnyUser) -> int:
    """Of the team that the draft names, if the person works in it; none where all must be measured anew."""
    text = meaning.draft.team
    team = teams_of(user, Level.WORK).filter(pk=int(text)).first() if text.isascii() and text.isdigit() else None
    if team is None or meaning.specification is None or meaning.problem is None or meaning.space is None:
        return 0
    known = reusable_results(meaning.specification, meaning.problem, meaning.space, team)
    return known if known and not _fresh_because(meaning.specification) else 0


def _fresh_because(specification: RunSpecification) -> str:
    setup = specification.setup(data=PlatformDataLibrary(), tables=PlatformTableLibrary())
    return fresh_because(specification.strategy_for(setup), setup.estimator, setup.wanted)


def _work(specification: RunSpecification) -> Work:
    return Work(
        trials=specification.own_trials,
        random_trials=specification.budget.trials,
        total=specification.total_trials,
        ends_by_itself=specification.own_trials != specification.budget.trials,
        num_seeds=specification.num_replicas,
        has_baseline=specification.baseline,
        is_random=specification.strategy.name == BASELINE,
    )


def _duration(specification: RunSpecification, num_workers: int, user: AnyUser) -> Duration | None:
    """From the newest trials of runs that `user` may see with the same problem, space and estimator."""
    trials = specification.total_trials
    if trials is None or not num_workers:
        return None
    same = visible(Run.objects.all(), user).filter(
        problem_name=specification.problem.name,
        space_name=specification.space.name,
        estimator_name=specification.estimator.name,
        is_simulated=False,
    )
    wanted = [getattr(specification, place).as_json() for place in _DECIDES_TIME]
    alike = [
        pk
        for pk, stored in same.order_by("-pk").values_list("pk", "specification")[:REMEMBERED_RUNS]
        if [stored.get(place) for place in _DECIDES_TIME] == wanted
    ]
    done = Trial.objects.filter(run__in=alike, state=TrialState.COMPLETED).exclude(operator__in=work_kinds())
    seconds = list(done.order_by("-pk").values_list("cost_seconds", flat=True)[:REMEMBERED_TRIALS])
    if not seconds:
        return None
    at_once = min(num_workers, specification.parallelism * specification.total_replicas)
    each = median(seconds)
    total = each * trials / at_once
    if specification.budget.wall_seconds is not None:
        total = min(total, specification.budget.wall_seconds)
    return Duration(seconds=total, trial_seconds=each, num_trials=len(seconds))


def _constraints(draft: Draft) -> list[Constraint]:
    """Those that can be read; a wrong one is told among the errors."""
    found = []
    for values in draft.values.get("constraints", ()):
        try:
            found.append(Constraint.parse(values))
        except InvalidConfig:
            continue
    return found


def _line(error: FieldError) -> ErrorLine:
    place, _dot, rest = error.field.rstrip(".").partition(".")
    step = _STEPS.get(place, place)
    return ErrorLine(
        step=step if step in CHOICES else "objectives",
        where=(rest or place).rpartition(".")[2].replace("_", " ").capitalize(),
        message=_(error.message),
    )
