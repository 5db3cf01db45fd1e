"""An architecture as JSON, with the trials that its reader may see."""

from __future__ import annotations

from typing import Any

from apps.accounts.access import AnyUser
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import space_of
from apps.architectures.selectors.trials import input_shapes, trials_of
from apps.runs.models import Trial
from nas.export.description import architecture_description

MOST_TRIALS = 1_000


def description_for(architecture: Architecture, user: AnyUser) -> dict[str, Any]:
    """For the input of the newest run that `user` may see."""
    trials = trials_of(architecture, user)
    shape, classes = input_shapes(trials)[0]
    return architecture_description(
        space_of(architecture),
        architecture.genotype,
        shape,
        classes,
        trials=(_trial(trial) for trial in trials[:MOST_TRIALS]),
    )


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "run": trial.run_id,
        "run_name": trial.run.name,
        "replica": trial.replica.number,
        "number": trial.number,
        "state": trial.state,
        "is_simulated": trial.is_simulated,
        "metrics": trial.metrics,
        "test": trial.report_result,
    }
