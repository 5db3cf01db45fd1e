"""Weights tried in episodes of a control problem."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from nas.wann.control import TEST_SEED, Control
from nas.wann.topology import Topology
from nas.wann.tuning.ground import Floats, Turn
from nas.wann.tuning.part import Part

SEEDS = 1000
"""Searches draw the seed of a generation from 0 … 999, as the published code does."""

_FIRST_SEED: dict[Part, int] = {"train": 0, "validation": TEST_SEED // 2, "test": TEST_SEED}


class ControlGround:
    """Scores are mean returns over some episodes, the same for all vectors; quality is the mean return over many others."""

    def __init__(self, topology: Topology, control: Control, *, episodes: int, report_episodes: int = 100) -> None:
        self.topology = topology
        self.control = control
        self.episodes = episodes
        self.report_episodes = report_episodes

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
        seed = _FIRST_SEED[part]
        means: Floats = self.control.returns(self.topology, weights, episodes=self.report_episodes, seed=seed).mean(
            axis=1
        )
        return means

    def quality_shared(self, values: Floats, part: Part) -> Floats:
        return self.quality(np.repeat(values[:, None], self.num_weights, axis=1), part)
