"""Weights tried in episodes of a control problem."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from nas.core.errors import Interrupted
from nas.wann.control import TEST_SEED, Control
from nas.wann.topology import Topology
from nas.wann.tuning.climb import ShouldStop
from nas.wann.tuning.ground import Floats, Turn
from nas.wann.tuning.part import Part

SEEDS = 1000
"""Searches draw the seed of a generation from 0 … 999, as the published code does."""

_VECTORS_AT_ONCE = 16

_FIRST_SEED: dict[Part, int] = {"train": 0, "validation": TEST_SEED // 2, "test": TEST_SEED}


class ControlGround:
    """Scores are mean returns over some episodes, the same for all vectors; quality is the mean return over many others."""

    def __init__(
        self,
        topology: Topology,
        control: Control,
        *,
        episodes: int,
        report_episodes: int = 100,
        should_stop: ShouldStop = lambda: False,
    ) -> None:
        """`should_stop` is asked before each few vectors of a report; then Interrupted is raised."""
        self.topology = topology
        self.control = control
        self.episodes = episodes
        self.report_episodes = report_episodes
        self._should_stop = should_stop

    @property
    def num_weights(self) -> int:
        return self.topology.num_connections

    @property
    def tries_of_training_part(self) -> int:
        """Evaluations that a look at the quality counts as."""
        return -(-self.report_episodes // self.episodes)

    def turn(self, rng: Generator) -> Turn:
        return rng.integers(SEEDS, size=1)

    def scores(self, weights: Floats, turn: Turn) -> Floats:
        returns = self.control.returns(self.topology, weights, episodes=self.episodes, seed=int(turn[0]))
        means: Floats = returns.mean(axis=1)
        return means

    def quality(self, weights: Floats, part: Part) -> Floats:
        found = np.empty(len(weights))
        for first in range(0, len(weights), _VECTORS_AT_ONCE):
            if self._should_stop():
                raise Interrupted("stopped between two pieces of a look at many weights")
            some = weights[first : first + _VECTORS_AT_ONCE]
            returns = self.control.returns(self.topology, some, episodes=self.report_episodes, seed=_FIRST_SEED[part])
            found[first : first + len(some)] = returns.mean(axis=1)
        return found

    def quality_shared(self, values: Floats, part: Part) -> Floats:
        return self.quality(np.repeat(values[:, None], self.num_weights, axis=1), part)
