"""What can be chosen about weight agnostic networks, and the settings of the published tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from nas.core.config import Config, setting
from nas.wann.activations import ACTIVATION_IDS
from nas.wann.variation import Variation

ActivationName = Literal[
    "linear", "step", "sine", "gaussian", "tanh", "sigmoid", "inverse", "absolute", "relu", "cosine", "square"
]

_PAPER: tuple[ActivationName, ...] = (
    "linear",
    "step",
    "sine",
    "gaussian",
    "tanh",
    "sigmoid",
    "inverse",
    "absolute",
    "relu",
    "cosine",
)
_WITHOUT_STEP: tuple[ActivationName, ...] = tuple(name for name in _PAPER if name != "step")

MOST_INITIAL = 40_000
"""Every one of them is part of each genotype, enabled or not."""


class WannSpaceConfig(Config):
    """By default networks for the bundled digits, with the activations that the published code uses for classification."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "relu_only": {"activations": ["relu"]},
        "no_vanishing": {"activations": ["linear", "sine", "inverse", "absolute", "relu", "cosine"]},
        "mnist": {"num_inputs": 784, "initial_enabled": 0.05, "max_hidden": 400},
        "mnist256": {"num_inputs": 256, "initial_enabled": 0.05, "max_hidden": 400},
        "swingup": {"num_inputs": 5, "num_outputs": 1, "activations": list(_PAPER)},
    }

    num_inputs: int = setting(
        64,
        title="Inputs",
        description="As many as an example has values: an image of 8 × 8 pixels has 64. The bias is not counted.",
        ge=1,
        le=4_096,
    )
    num_outputs: int = setting(
        10, title="Outputs", description="As many as there are classes, or numbers to answer with.", ge=1, le=200
    )
    activations: tuple[ActivationName, ...] = setting(
        _WITHOUT_STEP,
        title="Activations",
        description="What hidden nodes may do with the sum they read. Outputs are linear.",
        min_length=1,
    )
    initial_enabled: float = setting(
        0.5,
        title="Connections at the beginning",
        description="Chance that an input and an output are connected in a new network; networks begin without hidden nodes.",
        gt=0,
        le=1,
    )
    max_hidden: int = setting(
        200,
        title="Most hidden nodes",
        description="Networks of so many are only changed in other ways.",
        unit="nodes",
        ge=1,
        le=500,
        advanced=True,
    )

    @field_validator("activations")
    @classmethod
    def _each_once_in_order(cls, chosen: tuple[ActivationName, ...]) -> tuple[ActivationName, ...]:
        return tuple(name for name in (*_PAPER, "square") if name in chosen)

    @model_validator(mode="after")
    def _new_networks_are_small_enough(self) -> Self:
        number = (1 + self.num_inputs) * self.num_outputs
        if number > MOST_INITIAL:
            raise ValueError(
                f"a new network would have {number:,} connections from bias and inputs to outputs, at most {MOST_INITIAL:,} are "
                "possible; choose smaller images or fewer classes"
            )
        return self

    @property
    def allowed(self) -> tuple[int, ...]:
        """Ids of the activations."""
        return tuple(ACTIVATION_IDS[name] for name in self.activations)

    @property
    def variation(self) -> Variation:
        return Variation(self.allowed, self.max_hidden)
