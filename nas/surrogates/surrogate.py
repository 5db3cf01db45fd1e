"""What every surrogate can say about architectures that were not evaluated."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Array = npt.NDArray[np.float64]


class Belief(NamedTuple):
    """Expected value and standard deviation of each input, both (num_inputs,); smaller values are better."""

    mean: Array
    std: Array


class Surrogate(Protocol):
    def predict(self, inputs: Array) -> Belief:
        """inputs: (num_inputs, num_axes)."""
        ...

    def draw(self, inputs: Array, rng: Generator) -> Array:
        """One function that the surrogate holds possible, at the inputs: (num_inputs,)."""
        ...
