"""The settings of ProxylessNAS' training. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from nas.core.config import setting
from nas.supernets.cost_penalty import CostPenalty
from nas.supernets.recipe import SupernetRecipe


class ProxylessRecipe(CostPenalty, SupernetRecipe):
    """Cai, Zhu and Han 2019, arXiv 1812.00332; published code where the paper leaves something open."""

    epochs: int = setting(
        40,
        title="Epochs",
        description="Of the supernet's training, the warm-up among them.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    batch_size: int = setting(
        32, title="Batch size", description="Examples per step.", unit="examples", ge=2, le=16_384
    )
    learning_rate: float = setting(
        0.1, title="Learning rate", description="Of the shared weights, in the first epoch.", gt=0, le=100
    )
    nesterov: bool = setting(
        True, title="Nesterov momentum", description="Look ahead by one step of momentum.", advanced=True
    )
    architecture_step: Literal["two", "full", "reinforce"] = setting(
        "two",
        title="Architecture step",
        description="Gradient through two sampled options of each block; through all of them, computed one after the other; or "
        "REINFORCE on sampled networks.",
    )
    architecture_rate: float = setting(
        0.01,
        title="Learning rate of the choices",
        description="Of Adam, for the logits of the options; the paper has 0.001.",
        gt=0,
        le=10,
    )
    architecture_every: int = setting(
        1,
        title="Batches between architecture steps",
        description="After so many steps of the weights comes one of the choices.",
        unit="steps",
        ge=1,
        le=100_000,
    )
    warmup_epochs: int = setting(
        10,
        title="Warm-up",
        description="Epochs at the beginning that train weights only, with evenly drawn options.",
        unit="epochs",
        ge=0,
        le=10_000,
    )
    calibration_batches: int = setting(
        5,
        title="Batches for batch norm",
        description="Of training examples, from which the derived network gets statistics of its own before it is scored.",
        unit="batches",
        ge=1,
        le=10_000,
        advanced=True,
    )
    num_samples: int = setting(
        10,
        title="Networks per REINFORCE step",
        description="Drawn and scored on one batch each time.",
        unit="networks",
        ge=1,
        le=1000,
        advanced=True,
    )
    baseline_rate: float = setting(
        0.99,
        title="Baseline rate",
        description="How far REINFORCE's baseline moves to the mean reward before each step; 0.99 nearly replaces it.",
        gt=0,
        le=1,
        advanced=True,
    )
    reward_exponent: float = setting(
        -0.1,
        title="Reward exponent",
        description="REINFORCE's reward is accuracy·(cost / target)^w; -0.1 in ProxylessNAS, -0.07 in MnasNet.",
        ge=-10,
        le=0,
        advanced=True,
    )
    prune_below: float = setting(
        0.0,
        title="Prune below",
        description="Drop an option for good once its probability was lower for three epochs in a row; 0 never does.",
        ge=0,
        lt=0.5,
    )

    @model_validator(mode="after")
    def _choices_can_be_learned(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"the warm-up ({self.warmup_epochs} epochs) must be shorter than the training ({self.epochs} epochs)"
            )
        if self.architecture_step == "reinforce" and self.has_penalty and self.penalty_target is None:
            raise ValueError("a reward with a cost needs its target (penalty_target)")
        return self
