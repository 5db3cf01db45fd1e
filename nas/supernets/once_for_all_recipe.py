"""How an elastic network is trained: its phases, their epochs and learning rates. No torch here: forms read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Self

from pydantic import Field, model_validator

from nas.core.config import setting
from nas.core.space import Dial
from nas.supernets.elastic_parts import Aspect, Open, opened
from nas.supernets.recipe import SupernetRecipe

Epochs = Annotated[int, Field(ge=0, le=10_000)]
Rate = Annotated[float, Field(gt=0, le=100)]


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the training.

    Attributes:
      steps: how far each aspect is open (`elastic_parts.opened`).
      rate: learning rate at its beginning.
      num_subnets: networks per step, whose gradients are added up.
      sorts: channels are sorted by importance before it begins.
    """

    name: str
    steps: dict[Aspect, int]
    epochs: int
    rate: float
    num_subnets: int = 1
    sorts: bool = False

    def open(self, dials: Sequence[Dial]) -> Open:
        return opened(dials, self.steps)


class OnceForAllRecipe(SupernetRecipe):
    """Progressive shrinking: the full network first, then smaller ones with it. Defaults suit small images on one CPU core."""

    epochs: int = setting(
        10,
        title="Epochs of the full network",
        description="The first phase; the network it ends with teaches all that follow.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    kernel_epochs: Epochs = setting(
        5, title="Epochs of the kernel phase", description="Kernels of all sides. 0 leaves a phase out.", unit="epochs"
    )
    depth_epochs: tuple[Epochs, ...] = setting(
        (3, 5),
        title="Epochs of the depth phases",
        description="With the larger half of the depths; with all. What a phase of 0 epochs would open opens with the next one.",
        unit="epochs",
        min_length=2,
        max_length=2,
    )
    width_epochs: tuple[Epochs, ...] = setting(
        (3, 5),
        title="Epochs of the width phases",
        description="With the larger half of the widths; with all.",
        unit="epochs",
        min_length=2,
        max_length=2,
    )
    learning_rate: float = setting(
        0.1, title="Learning rate", description="At the beginning of the first phase.", gt=0, le=100
    )
    kernel_rate: Rate = setting(0.03, title="Learning rate of the kernel phase", description="At its beginning.")
    depth_rates: tuple[Rate, ...] = setting(
        (0.03, 0.03),
        title="Learning rates of the depth phases",
        description="At the beginning of each.",
        min_length=2,
        max_length=2,
    )
    width_rates: tuple[Rate, ...] = setting(
        (0.03, 0.03),
        title="Learning rates of the width phases",
        description="At the beginning of each.",
        min_length=2,
        max_length=2,
    )
    last_learning_rate: float = setting(
        0.0,
        title="Last learning rate",
        description="Where half a cosine, or a straight line, ends in every phase.",
        ge=0,
        le=100,
        advanced=True,
    )
    warmup_epochs: int = setting(
        0,
        title="Warm-up",
        description="Over so many epochs of each phase, at most half of it, the learning rate rises in a straight line.",
        unit="epochs",
        ge=0,
        le=1000,
        advanced=True,
    )
    depth_subnets: int = setting(
        2,
        title="Networks per step, depth",
        description="Their gradients are added up.",
        unit="networks",
        ge=1,
        le=64,
        advanced=True,
    )
    width_subnets: int = setting(
        4,
        title="Networks per step, width",
        description="Their gradients are added up.",
        unit="networks",
        ge=1,
        le=64,
        advanced=True,
    )
    distillation: float = setting(
        1.0,
        title="Distillation",
        description="Weight of the loss against the full network's answers, beside that against the classes.",
        ge=0,
        le=100,
    )
    nesterov: bool = setting(
        True, title="Nesterov momentum", description="Look ahead by one step of momentum.", advanced=True
    )
    weight_decay: float = setting(
        3e-5,
        title="Weight decay",
        description="Pull of weights towards zero; biases, and scales and shifts of batch norm, are left alone.",
        ge=0,
        le=1,
    )
    calibration_batches: int = setting(
        10,
        title="Batches for batch norm",
        description="Of training examples, from which each network gets statistics of its own before it is scored.",
        unit="batches",
        ge=1,
        le=10_000,
    )

    @model_validator(mode="after")
    def _rates_fall(self) -> Self:
        for phase in self.phases:
            if self.last_learning_rate > phase.rate:
                raise ValueError(
                    f"the last learning rate ({self.last_learning_rate:g}) must not be above the first of the phase "
                    f"{phase.name} ({phase.rate:g})"
                )
        return self

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Those that have epochs, in their order."""
        (depth_1, depth_2), (width_1, width_2) = self.depth_epochs, self.width_epochs
        two, four = self.depth_subnets, self.width_subnets
        every = (
            Phase("full", {}, self.epochs, self.learning_rate),
            Phase("kernel", {"kernel": 2}, self.kernel_epochs, self.kernel_rate),
            Phase("depth 1", {"kernel": 2, "depth": 1}, depth_1, self.depth_rates[0], two),
            Phase("depth 2", {"kernel": 2, "depth": 2}, depth_2, self.depth_rates[1], two),
            Phase("width 1", {"kernel": 2, "depth": 2, "width": 1}, width_1, self.width_rates[0], four, True),
            Phase("width 2", {"kernel": 2, "depth": 2, "width": 2}, width_2, self.width_rates[1], four, True),
        )
        return tuple(phase for phase in every if phase.epochs)

    @property
    def phase_ends(self) -> tuple[int, ...]:
        """Of each phase the epoch it ends with, counted over all of the training."""
        return tuple(accumulate(phase.epochs for phase in self.phases))

    @property
    def total_epochs(self) -> int:
        return self.phase_ends[-1]
