"""Population-based REINFORCE: parameter-exploring policy gradients with mirrored draws.

Sehnke et al. 2010 (doi 10.1016/j.neunet.2009.12.004); settings of the code published with Gaier and Ha 2019, arXiv 1906.04358.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from nas.controllers.adam import Adam
from nas.core.errors import Interrupted
from nas.wann.tuning.climb import Climbed, ShouldStop, thinned
from nas.wann.tuning.ground import Floats, Ground


class Pepg:
    """A normal distribution per weight, its middle moved by Adam. `ask`, score, `tell`; larger scores are better."""

    LEARNING_RATE = 0.01
    DECAY = 0.005
    """Factor of the mean square of the weights that is taken off a reward."""
    SIGMA_RATE = 0.2
    SIGMA_DECAY, SIGMA_LIMIT = 0.999, 0.02

    def __init__(self, num_weights: int, rng: Generator, *, population: int = 64, sigma: float = 0.1) -> None:
        """`population` is even: draws come in mirrored pairs."""
        if population < 4 or population % 2:
            raise ValueError(f"mirrored pairs need an even population of at least 4, got {population}")
        self.mu = np.zeros(num_weights)
        self.sigma = np.full(num_weights, sigma)
        self._rng = rng
        self._half = population // 2
        self._adam = Adam(self.LEARNING_RATE, {"mu": self.mu})
        self._draws = np.empty(0)

    def ask(self) -> Floats:
        """(population, E): middle plus the draws, then middle minus them."""
        self._draws = self._rng.standard_normal((self._half, len(self.mu))) * self.sigma
        return np.concatenate([self.mu + self._draws, self.mu - self._draws])

    def tell(self, vectors: Floats, scores: Floats) -> None:
        rewards = centred_ranks(scores) - self.DECAY * (vectors**2).mean(axis=1)
        plus, minus = rewards[: self._half], rewards[self._half :]
        ascent = (plus - minus) @ self._draws
        self.mu = np.asarray(self._adam.step({"mu": self.mu}, {"mu": -ascent})["mu"])
        lead = (plus + minus) / 2 - rewards.mean()
        change = lead @ ((self._draws**2 - self.sigma**2) / self.sigma) / len(rewards)
        most = self.SIGMA_RATE * self.sigma
        self.sigma = self.sigma + np.clip(self.SIGMA_RATE * change, -most, most)
        self.sigma = np.where(self.sigma > self.SIGMA_LIMIT, self.sigma * self.SIGMA_DECAY, self.sigma)


def centred_ranks(scores: Floats) -> Floats:
    """From −0.5 for the worst to 0.5 for the best; equal scores by their place."""
    ranks = np.empty(len(scores))
    ranks[scores.argsort(kind="stable")] = np.arange(len(scores))
    return ranks / (len(scores) - 1) - 0.5


def reinforce(
    ground: Ground,
    rng: Generator,
    *,
    start: float,
    budget: int,
    population: int = 64,
    sigma: float = 0.1,
    should_stop: ShouldStop = lambda: False,
) -> Climbed:
    """Offsets from the shared weight `start` that end where the middle of the distribution is. Raises Interrupted."""
    method = Pepg(ground.num_weights, rng, population=population, sigma=sigma)
    used, curve = 0, []
    while used + population <= budget:
        if should_stop():
            raise Interrupted("stopped between two generations")
        vectors = method.ask()
        scores = ground.scores(start + vectors, ground.turn(rng))
        method.tell(vectors, scores)
        used += population
        curve.append((used, float(scores.mean())))
    return Climbed(method.mu, used, thinned(curve))
