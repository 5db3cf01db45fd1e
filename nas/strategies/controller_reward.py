"""What a controller is rewarded with: the first objective, perhaps to a power."""

from __future__ import annotations

import math

from nas.core.errors import InvalidConfig
from nas.core.metric import Direction
from nas.core.objective import unmet
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.strategies.controller_config import ControllerConfig

LARGEST = 1e100
"""Gradients are squared, and the square has to be a number."""


def check_reward(setup: SearchSetup) -> None:
    """Raises InvalidConfig when the first objective is none that could reward."""
    first = setup.objectives[0]
    if first.direction is not Direction.MAXIMISE:
        raise InvalidConfig.at(
            "objectives",
            f"the first objective is the reward and must be one to maximise, such as accuracy; got {first.metric}",
        )


def reward_of(proposal: Proposal, result: Result, config: ControllerConfig, setup: SearchSetup) -> float:
    """0 for a trial that failed or that breaks a constraint on something measured; negative objectives count as 0.

    What would be larger than LARGEST counts as that: MACs to a high power, or the reward of a cost far below its target.
    """
    if not result.status.is_ok or proposal.genotype is None or unmet(setup.constraints, result.metrics):
        return 0.0
    value = max(0.0, result.metrics[setup.objectives[0].metric])
    if value > 1 and config.reward_power * math.log(value) > math.log(LARGEST):
        return LARGEST
    return float(value**config.reward_power)
