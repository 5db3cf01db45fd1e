"""Which batch would fit into a device's memory: asked when one did not."""

from __future__ import annotations

from dataclasses import replace

from nas.core.errors import TrialFailed
from nas.core.result import ResultStatus
from nas.core.setup import SearchSetup
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.training import SupernetTraining, Surroundings
from nas.training.environment import named_failures, reproducible


def largest_batch(
    kind: type[SupernetTraining], config: SupernetRecipe, setup: SearchSetup, at: Surroundings
) -> int | None:
    """The largest of half, a quarter … of the configured batch with which one step can be made; None when none can."""
    batch = config.batch_size // 2
    while batch >= 2:
        if _fits(kind, config.model_copy(update={"batch_size": batch}), setup, at):
            return batch
        batch //= 2
    return None


def _fits(kind: type[SupernetTraining], config: SupernetRecipe, setup: SearchSetup, at: Surroundings) -> bool:
    silent = replace(at, save=lambda checkpoint: None, report=lambda step, metrics: None)
    try:
        with named_failures(at.device, config.batch_size), reproducible(at.device, at.seed):
            kind(config, setup, silent).try_step()
    except TrialFailed as error:
        if error.status is not ResultStatus.OUT_OF_MEMORY:
            raise
        return False
    return True
