"""Swing a pole up from hanging and keep it there, by pushing the cart that it hangs on. No data; scored by return."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.graph import Shape
from nas.core.problem import DataLibrary
from nas.wann.swingup import NUM_INPUTS, NUM_OUTPUTS, PACES, Pace, starts, swing_up_returns
from nas.wann.topology import Topology


class CartPoleSwingUpConfig(BaseConfig):
    variant: Literal["standard", "hard"] = setting(
        "standard",
        title="Variant",
        description="Standard: 1,000 steps of 0.01 s. Hard: 200 steps of 0.05 s, so the network answers less often.",
    )
    steps: int | None = setting(
        None,
        title="Steps",
        description="Length of an episode; empty means that of the variant.",
        unit="steps",
        ge=10,
        le=10_000,
        advanced=True,
    )


class CartPoleSwingUp:
    """Five numbers in (position, its speed, cosine and sine of the angle, its speed), one push out."""

    name: ClassVar[str] = "cartpole_swingup"
    title: ClassVar[str] = "Cart-pole swing-up"
    summary: ClassVar[str] = (
        "Swing a hanging pole up and balance it by pushing its cart; scored by return, at most one per step."
    )
    source: ClassVar[str] = "Gaier and Ha 2019, arXiv 1906.04358; the equations of the code published with it."
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = CartPoleSwingUpConfig

    def __init__(self, config: CartPoleSwingUpConfig, library: DataLibrary) -> None:
        self._config = config
        pace = PACES[config.variant]
        self._pace = pace if config.steps is None else Pace(pace.dt, config.steps)

    @property
    def config(self) -> CartPoleSwingUpConfig:
        return self._config

    @property
    def input_shape(self) -> Shape:
        return (NUM_INPUTS, 1, 1)

    @property
    def num_classes(self) -> int:
        """One output: the push."""
        return NUM_OUTPUTS

    @property
    def worst_return(self) -> float:
        """That of a pole that never leaves the ground."""
        return 0.0

    def metrics(self) -> tuple[str, ...]:
        return ("mean_return", "best_return")

    def fingerprint(self) -> str:
        text = json.dumps([self.name, self.version, self._pace.dt, self._pace.steps])
        return hashlib.sha256(text.encode()).hexdigest()

    def check_installed(self) -> None:
        """Nothing is needed."""

    def returns(
        self, topology: Topology, weights: npt.NDArray[np.float64], *, episodes: int, seed: int
    ) -> npt.NDArray[np.float64]:
        """As `nas.wann.control.Control` says. About eight million steps a second with a network of some fifty connections."""
        return swing_up_returns(topology, weights, starts(seed, episodes), self._pace)[0]
