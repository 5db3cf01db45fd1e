"""Evolution of a covariance matrix: Hansen 2016, arXiv 1604.00772; its diagonal form for many weights: Ros and Hansen 2008."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from nas.core.errors import Interrupted
from nas.wann.tuning.climb import Climbed, ShouldStop, thinned
from nas.wann.tuning.ground import Floats, Ground

MOST_FULL = 500
"""Weights up to which the whole covariance is learned; beyond, its diagonal (doi 10.1007/978-3-540-87700-4_30)."""


class CmaEs:
    """`ask`, score, `tell`; larger scores are better. Names and defaults as in the tutorial, table 1.

    All weights of the recombination are positive (no active update).
    """

    def __init__(
        self, mean: Floats, sigma: float, rng: Generator, *, population: int | None = None, diagonal: bool | None = None
    ) -> None:
        num = len(mean)
        self.mean = mean.astype(np.float64)
        self.sigma = sigma
        self.diagonal = num > MOST_FULL if diagonal is None else diagonal
        self.population = population if population is not None else 4 + int(3 * math.log(num))
        if self.population < 4:
            raise ValueError(f"a population has at least 4 members, got {self.population}")
        self._rng = rng
        half = self.population // 2
        raw = math.log((self.population + 1) / 2) - np.log(np.arange(1, half + 1))
        self._shares = raw / raw.sum()
        mu_eff = 1 / float((self._shares**2).sum())
        self._mu_eff = mu_eff
        self._c_sigma = (mu_eff + 2) / (num + mu_eff + 5)
        self._d_sigma = 1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (num + 1)) - 1) + self._c_sigma
        self._c_c = (4 + mu_eff / num) / (num + 4 + 2 * mu_eff / num)
        quicker = (num + 2) / 3 if self.diagonal else 1.0  # a diagonal has fewer numbers to learn
        self._c_1 = min(1.0, quicker * 2 / ((num + 1.3) ** 2 + mu_eff))
        wanted = quicker * 2 * (mu_eff - 2 + 1 / mu_eff) / ((num + 2) ** 2 + mu_eff)
        self._c_mu = min(1 - self._c_1, wanted)
        self._chi = math.sqrt(num) * (1 - 1 / (4 * num) + 1 / (21 * num**2))
        self._p_sigma, self._p_c = np.zeros(num), np.zeros(num)
        self.covariance: Floats = np.ones(num) if self.diagonal else np.eye(num)
        self._axes: Floats = np.eye(0 if self.diagonal else num)
        self._lengths: Floats = np.ones(num)
        self._generation = self._decomposed_at = 0

    def ask(self) -> Floats:
        """(population, E)"""
        draws = self._rng.standard_normal((self.population, len(self.mean))) * self._lengths
        return self.mean + self.sigma * (draws if self.diagonal else draws @ self._axes.T)

    def tell(self, vectors: Floats, scores: Floats) -> None:
        self._generation += 1
        best = np.argsort(-scores, kind="stable")[: len(self._shares)]
        steps = (vectors[best] - self.mean) / self.sigma
        step = self._shares @ steps
        self.mean = self.mean + self.sigma * step
        c_sigma, c_c = self._c_sigma, self._c_c
        self._p_sigma = (1 - c_sigma) * self._p_sigma + math.sqrt(c_sigma * (2 - c_sigma) * self._mu_eff) * self._round(
            step
        )
        length = float(np.linalg.norm(self._p_sigma))
        settled = math.sqrt(1 - (1 - c_sigma) ** (2 * self._generation))
        moves = length / settled < (1.4 + 2 / (len(self.mean) + 1)) * self._chi  # else the step size has to grow first
        self._p_c = (1 - c_c) * self._p_c + moves * math.sqrt(c_c * (2 - c_c) * self._mu_eff) * step
        kept = 1 - self._c_1 - self._c_mu + (0.0 if moves else self._c_1 * c_c * (2 - c_c))
        one: Floats = self._p_c**2 if self.diagonal else np.outer(self._p_c, self._p_c)
        many: Floats = self._shares @ steps**2 if self.diagonal else (steps.T * self._shares) @ steps
        self.covariance = kept * self.covariance + self._c_1 * one + self._c_mu * many
        self.sigma *= math.exp(min(1.0, c_sigma / self._d_sigma * (length / self._chi - 1)))
        self._decompose()

    def _round(self, step: Floats) -> Floats:
        """A step in the coordinates in which draws are round: C^(-1/2) times it."""
        if self.diagonal:
            return step / self._lengths
        rounded: Floats = self._axes @ ((self._axes.T @ step) / self._lengths)
        return rounded

    def _decompose(self) -> None:
        """Now and then: it costs O(E³), and the matrix changes slowly."""
        if self.diagonal:
            self._lengths = np.sqrt(self.covariance)
            return
        every = 1 / ((self._c_1 + self._c_mu) * len(self.mean) * 10)
        if self._generation - self._decomposed_at < every:
            return
        self._decomposed_at = self._generation
        self.covariance = (self.covariance + self.covariance.T) / 2
        squares, self._axes = np.linalg.eigh(self.covariance)
        self._lengths = np.sqrt(np.maximum(squares, 1e-20))


def cma_es(
    ground: Ground,
    rng: Generator,
    *,
    start: float,
    budget: int,
    population: int | None = None,
    sigma: float = 0.1,
    should_stop: ShouldStop = lambda: False,
) -> Climbed:
    """Offsets from the shared weight `start` that end where the mean of the distribution is. Raises Interrupted."""
    method = CmaEs(np.zeros(ground.num_weights), sigma, rng, population=population)
    used, curve = 0, []
    while used + method.population <= budget:
        if should_stop():
            raise Interrupted("stopped between two generations")
        vectors = method.ask()
        scores = ground.scores(start + vectors, ground.turn(rng))
        method.tell(vectors, scores)
        used += method.population
        curve.append((used, float(scores.mean())))
    return Climbed(method.mean, used, thinned(curve))
