"""What can be chosen about strategies that train a controller, and what a published learning rate is."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from nas.controllers.policy import PolicyShape
from nas.core.config import Config, setting

RewardShape = Literal["soft", "hard"]
TargetMetric = Literal["latency_ms", "macs", "params", "activations", "peak_memory_bytes", "train_seconds"]


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
    replicas: int = setting(
        1,
        title="Controllers",
        description="They draw in parallel and share their weights; more keep more workers busy, but learn from older ones.",
        unit="controllers",
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
    target_metric: TargetMetric | None = setting(
        None,
        title="Metric with a target",
        description="Multiplies the reward by (metric / target)^w, as MnasNet does with latency; empty for none.",
    )
    target: float | None = setting(None, title="Target", description="Of that metric, in its unit.", gt=0, le=1e18)
    reward_shape: RewardShape = setting(
        "soft",
        title="Shape at the target",
        description="Soft: w = -0.07 on both sides of the target. Hard: 0 below it, -1 above it.",
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

    @model_validator(mode="after")
    def _target_is_whole(self) -> Self:
        if (self.target_metric is None) != (self.target is None):
            raise ValueError("a metric with a target needs both, the metric and its target")
        return self

    @property
    def shape(self) -> PolicyShape:
        return PolicyShape(self.units, self.layers, self.tanh_constant, self.temperature, self.attention)
