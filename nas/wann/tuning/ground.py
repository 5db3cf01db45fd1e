"""What weights are tried on: examples of a data set, or episodes of a control problem."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.wann.tuning.part import Part

Floats = npt.NDArray[np.float64]
Turn = npt.NDArray[np.int64]
"""What is tried in one generation, the same for all vectors: numbers of examples, or the seed of the episodes."""


class Ground(Protocol):
    """Weights come as (K, E): K vectors over the connections of one topology, in the order of its columns.

    What gives no finite number counts as the worst there is.
    """

    @property
    def num_weights(self) -> int: ...

    def turn(self, rng: Generator) -> Turn: ...

    def scores(self, weights: Floats, turn: Turn) -> Floats:
        """(K,) larger is better; what methods climb. One evaluation per vector."""
        ...

    def quality(self, weights: Floats, part: Part) -> Floats:
        """(K,) what is reported: the accuracy, or the mean return."""
        ...

    def quality_shared(self, values: Floats, part: Part) -> Floats:
        """(W,) the same with each value as the weight of all connections."""
        ...
