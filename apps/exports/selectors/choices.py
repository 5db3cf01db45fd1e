"""Which networks of an architecture can be exported: as a trial began, or as it was trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from apps.accounts.access import AnyUser
from apps.architectures.models import Architecture
from apps.architectures.selectors.trials import SHAPE_OF_THE_FIELD, input_shapes, trials_of
from apps.artifacts.models import Artifact
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from apps.runs.states import TRIAL_OK
from nas import registry
from nas.core.errors import NasError
from nas.core.graph import Shape
from nas.core.proposal import Proposal
from nas.core.randomness import training_seed

MOST_LOOKED_AT = 30
"""The newest trials; further ones can be named through the API."""


@dataclass(frozen=True)
class Choice:
    """The network of a trial. `checkpoint`: its trained weights, None where they were not kept."""

    trial: Trial
    input_shape: Shape
    num_classes: int
    checkpoint: Artifact | None

    @property
    def seed(self) -> int:
        trial = self.trial
        return training_seed(trial.run.seed, trial.replica.number, Proposal.from_json(trial.proposal.body).seed_id)

    @property
    def value(self) -> str:
        """How a form names it."""
        kind = "trained" if self.checkpoint else "initial"
        return f"{self.trial.run_id}.{self.trial.replica.number}.{self.trial.number}.{kind}"

    @cached_property
    def untrained(self) -> Choice:
        return Choice(self.trial, self.input_shape, self.num_classes, None)


def export_choices(architecture: Architecture, user: AnyUser) -> list[Choice]:
    """Trained networks, the newest first, then one that is not trained for each kind of input. Never empty for who sees a trial."""
    trials = list(trials_of(architecture, user)[:MOST_LOOKED_AT])
    found = [choice for choice in _choices(trials) if choice]
    trained = [choice for choice in found if choice.checkpoint]
    shapes: dict[tuple[Shape, int], Choice] = {}
    for choice in found:
        shapes.setdefault((choice.input_shape, choice.num_classes), choice.untrained)
    return [*trained, *shapes.values()]


def choice_of(trial: Trial) -> Choice:
    """The network of one trial."""
    return next(iter(_choices([trial])))


def _choices(trials: Iterable[Trial]) -> Iterable[Choice]:
    """Each run is looked at once."""
    shapes: dict[int, tuple[Shape, int]] = {}
    keeps: dict[int, bool] = {}
    for trial in trials:
        run = trial.run
        if run.pk not in shapes:
            shapes[run.pk] = input_shapes(Trial.objects.filter(pk=trial.pk))[0]
            keeps[run.pk] = shapes[run.pk] is not SHAPE_OF_THE_FIELD and keeps_networks(run)
        kept = keeps[run.pk] and trial.state in TRIAL_OK and trial.serial == 0
        yield Choice(trial, *shapes[run.pk], trial.proposal.checkpoint if kept else None)


def keeps_networks(run: Run) -> bool:
    """Whether the checkpoint of a finished trial is the trained network, not what was saved on the way."""
    try:
        chosen = specification_of(run).estimator
        config = registry.estimators.get(chosen.name).Config.parse(chosen.config)
    except NasError:
        return False
    return bool(getattr(config, "keep_network", False))
