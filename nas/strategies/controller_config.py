"""What can be chosen about strategies that train a controller, and what a published learning rate is."""

from __future__ import annotations

from typing import ClassVar

from nas.controllers.policy import PolicyShape
from nas.core.config import Config, setting


class ControllerConfig(Config):
    """Of both strategies; they differ in defaults and in how they improve the policy."""

    published_learning_rate: ClassVar[float]

    learning_rate: float = setting(
        0.01,
        title="Learning rate",
        description="Of Adam. Published rates are for ten thousand trials; below 1,000 they learn next to nothing.",
        gt=0,
        le=1,
    )
    batch_size: int = setting(
        4,
        title="Children per update",
        description="Architectures that one controller draws before it learns from their rewards.",
        unit="architectures",
        ge=1,
        le=1_000,
    )
    num_controllers: int = setting(
        1,
        title="Controllers",
        description="They draw in parallel and share their weights; more keep more workers busy, but learn from older ones.",
        unit="controllers",
        ge=1,
        le=400,
    )
    accumulate: int = setting(
        1,
        title="Batches per update",
        description="The shared weights move once so many batches, of any controllers, are complete.",
        unit="batches",
        advanced=True,
        ge=1,
        le=100,
    )
    baseline_decay: float = setting(
        0.95,
        title="Baseline decay",
        description="Of the moving average of rewards that a reward must exceed to count as good.",
        ge=0,
        lt=1,
    )
    entropy_weight: float = setting(
        0.0,
        title="Entropy weight",
        description="Rewards a policy that is undecided; more explores longer.",
        ge=0,
        le=10,
    )
    reward_power: float = setting(
        1.0,
        title="Power of the reward",
        description="The reward is the objective to this power; 3 sets good architectures further apart.",
        gt=0,
        le=10,
    )
    units: int = setting(
        35,
        title="LSTM units",
        description="Of each layer of the controller.",
        unit="units",
        advanced=True,
        ge=1,
        le=500,
    )
    layers: int = setting(
        1, title="LSTM layers", description="Of the controller.", unit="layers", advanced=True, ge=1, le=4
    )
    initial_spread: float = setting(
        0.08,
        title="Initial weights",
        description="Uniform up to this far from 0; the smaller, the more even the first policy.",
        advanced=True,
        ge=0,
        le=1,
    )
    attention: bool = setting(
        True,
        title="Attention to earlier decisions",
        description="Layers and blocks to connect with are scored by what was decided on them (anchor points).",
        advanced=True,
    )
    tanh_constant: float = setting(
        0.0,
        title="Tanh constant",
        description="Bounds the scores of options, so that none is ruled out; 0 for no bound, ENAS has 2.5.",
        advanced=True,
        ge=0,
        le=100,
    )
    temperature: float = setting(
        1.0,
        title="Temperature",
        description="Divides the scores of options; above 1 the policy is more even, ENAS has 5.",
        advanced=True,
        gt=0,
        le=100,
    )

    @property
    def shape(self) -> PolicyShape:
        return PolicyShape(self.units, self.layers, self.tanh_constant, self.temperature, self.attention)
