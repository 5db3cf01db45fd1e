"""What a controller is rewarded with: the first objective, perhaps to a power, perhaps against a target of another metric."""

from __future__ import annotations

from nas.core.errors import InvalidConfig
from nas.core.metric import METRICS, Direction, MetricSource
from nas.core.objective import unmet
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.strategies.controller_config import ControllerConfig, RewardShape

_SOFT = -0.07
"""Twice the latency should buy five per cent of accuracy: ln 1.05 / ln 2 = 0.07 (Tan et al. 2019, section 3)."""


def target_factor(value: float, target: float, shape: RewardShape) -> float:
    """(value / target)^w: soft w = -0.07; hard w = 0 up to the target and -1 above. Tan et al. 2019, arXiv 1807.11626.

    Raises ValueError when `value` is not above 0.
    """
    if value <= 0:
        raise ValueError(f"a metric with a target must be above 0, got {value}")
    if shape == "soft":
        return float((value / target) ** _SOFT)
    return 1.0 if value <= target else target / value


def check_reward(config: ControllerConfig, setup: SearchSetup) -> None:
    """Raises InvalidConfig when this search does not measure what the reward is made of."""
    first = setup.objectives[0]
    if first.direction is not Direction.MAXIMISE:
        raise InvalidConfig.at(
            "objectives",
            f"the first objective is the reward and must be one to maximise, such as accuracy; got {first.metric}",
        )
    metric = config.target_metric
    if metric is not None and METRICS[metric].source is not MetricSource.COST and metric not in setup.wanted:
        raise InvalidConfig.at("target_metric", f"{metric} is not measured here; make it a second objective as well")


def reward_of(proposal: Proposal, result: Result, config: ControllerConfig, setup: SearchSetup) -> float:
    """0 for a trial that failed or that breaks a constraint on something measured; negative objectives count as 0."""
    if not result.status.is_ok or proposal.genotype is None or unmet(setup.constraints, result.metrics):
        return 0.0
    reward = max(0.0, result.metrics[setup.objectives[0].metric]) ** config.reward_power
    if config.target_metric is None or config.target is None:
        return float(reward)
    value = result.metrics.get(config.target_metric)
    if value is None:
        value = setup.cost(proposal.genotype).as_metrics()[config.target_metric]
    return float(reward * target_factor(value, config.target, config.reward_shape)) if value > 0 else 0.0
