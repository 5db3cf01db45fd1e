"""A population of weight agnostic networks. Gaier and Ha 2019, arXiv 1906.04358, section 3.

A step is a generation: all are tried with each shared weight under the same conditions, ranked, and replaced by the elites and
children with one change each. Deviations from the published code: conditions for confirming a new best are kept apart and the
same each time, so that bests of different generations compare; equals rank by age.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import StateMismatch
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import space_fingerprint
from nas.islands.island import Island, IslandPlace, IslandState, Migrant
from nas.spaces.wann import wann_space
from nas.wann.activations import ACTIVATIONS
from nas.wann.genome import Genome
from nas.wann.island_settings import WannIslandSettings
from nas.wann.judge import judge_of
from nas.wann.ranking import ranked, simplicity, tournament_parents
from nas.wann.stored_genomes import pack_genomes, unpack_genomes
from nas.wann.topology import Topology

NUM_SEEDS = 1_000
"""Conditions of generations are drawn from so many seeds; a trial that is repeated takes those behind it."""

CONFIRM_SEED = 10_000
"""Conditions that confirm a new best begin here, beyond those of all generations."""

MOST_DRAWN = 1_600
"""Connections of a network that facts hold for a picture; of larger ones only numbers."""

MOST_POINTS = 500
"""Members of the population that facts hold."""

Floats = npt.NDArray[np.float64]


class WannIsland(Island):
    name: ClassVar[str] = "wann"
    Config: ClassVar[type[BaseConfig]] = WannIslandSettings

    def __init__(self, config: WannIslandSettings, setup: SearchSetup, at: IslandPlace) -> None:
        super().__init__(config, setup, at)
        self._space = wann_space(setup.space, setup.problem)
        self._judge = judge_of(setup.problem, config.batch_size, at.cached)
        self._variation = self._space.config.variation
        self._weights = np.array(config.shared_weights, dtype=np.float64)
        self._rng = np.random.default_rng(at.seed)
        space = self._space.config
        self._population = [
            self._variation.initial(space.num_inputs, space.num_outputs, space.initial_enabled, self._rng)
            for _ in range(config.population_size)
        ]
        self._num_steps = 0
        self._num_candidates = 0
        self._points = np.empty(
            (0, 4)
        )  # of the last generation: mean, best reward, connections, hidden nodes; best first
        self._of_best = np.empty(
            (0, len(self._weights))
        )  # rewards of its best by mean, and accuracies where there are any
        self._best: Genome | None = None  # of all generations, confirmed
        self._best_reward = -np.inf

    @property
    def num_steps(self) -> int:
        return self._num_steps

    @property
    def num_candidates(self) -> int:
        return self._num_candidates

    def step(self) -> Mapping[str, float]:
        population, config = self._population, self.config
        seed = int(self._rng.integers(NUM_SEEDS))
        judged = self._judge.judged(population, self._weights, repeats=config.repeats, seed=seed)
        means, peaks = judged.rewards.mean(axis=1), judged.rewards.max(axis=1)
        connections = np.array([genome.num_enabled for genome in population])
        is_simple = self._rng.random() < config.simplicity_chance
        order = ranked(means, simplicity(connections) if is_simple else peaks, config.crowding)

        first = int(means.argmax())
        of_best = [judged.rewards[first]] + ([] if judged.accuracies is None else [judged.accuracies[first]])
        self._of_best = np.stack(of_best)
        hidden = [genome.num_hidden for genome in population]
        self._points = np.stack([means, peaks, connections, hidden], axis=1)[order]
        if self._num_steps % config.confirm_every == 0:
            self._confirm(population[first])

        self._population = self._next([population[place] for place in order])
        self._num_steps += 1
        self._num_candidates += len(population)
        metrics = {"best_mean_reward": float(means[first])}
        if judged.accuracies is not None:
            metrics["mean_accuracy"] = float(judged.accuracies[first].mean())
        return {
            **metrics,
            "connections": float(connections[first]),
            "median_reward": float(np.median(means)),
            "best_peak_reward": float(peaks.max()),
            "median_connections": float(np.median(connections)),
            "confirmed_reward": float(self._best_reward),
        }

    def _confirm(self, contender: Genome) -> None:
        """Bests by luck are many: only what does better than the last under conditions of their own takes its place."""
        judged = self._judge.judged([contender], self._weights, repeats=self.config.confirm_repeats, seed=CONFIRM_SEED)
        reward = float(judged.rewards.mean())
        if reward > self._best_reward:
            self._best, self._best_reward = contender, reward

    @property
    def _num_parents(self) -> int:
        size: int = self.config.population_size
        return max(1, size - int(self.config.cull_share * size))

    @property
    def _num_elites(self) -> int:
        return int(self.config.elite_share * self._num_parents)

    def _next(self, best_first: Sequence[Genome]) -> list[Genome]:
        """The next generation: elites, then children of those that are not culled."""
        size = self.config.population_size
        parents = best_first[: self._num_parents]
        elites = list(parents[: self._num_elites])
        places = tournament_parents(size - len(elites), len(parents), self.config.tournament_size, self._rng)
        return elites + [self._variation.changed(parents[place], self._rng)[0] for place in places]

    def best(self, num: int) -> Sequence[Genotype]:
        """The confirmed best, then the best of the last generation."""
        kept = ([self._best] if self._best is not None else []) + self._population
        found: dict[str, Genotype] = {}
        for genome in kept:
            if len(found) == num:
                break
            genotype = genome.as_genotype()
            found.setdefault(self._space.canonical(genotype), genotype)
        return list(found.values())

    def facts(self) -> Mapping[str, Any]:
        """Members of the last generation as columns, the best first; of the best of all what it looks like, and of that of the
        last generation its rewards by shared weight."""
        points = self._points[:: max(1, -(-len(self._points) // MOST_POINTS))]
        best = self._population[0] if self._best is None else self._best
        topology = Topology.of_genome(best)
        is_small = topology.num_connections <= MOST_DRAWN
        used = Counter(int(one) for genome in self._population for one in genome.activations)
        return {
            "mean_reward": _rounded(points[:, 0]) if len(points) else [],
            "peak_reward": _rounded(points[:, 1]) if len(points) else [],
            "connections": points[:, 2].astype(int).tolist() if len(points) else [],
            "hidden": points[:, 3].astype(int).tolist() if len(points) else [],
            "population_size": len(self._population),
            "weights": self._weights.tolist(),
            "rewards_by_weight": _rounded(self._of_best[0]) if len(self._of_best) else [],
            "accuracies_by_weight": _rounded(self._of_best[1]) if len(self._of_best) > 1 else [],
            "activations": [[ACTIVATIONS[one].name, used[one]] for one in self._space.config.allowed],
            "best": _enabled_alone(best) if is_small else None,
            "best_reward": self._best_reward if np.isfinite(self._best_reward) else None,
            "best_connections": topology.num_connections,
            "best_hidden": topology.num_hidden,
            "best_levels": topology.num_levels,
        }

    def emigrants(self, num: int, rng: Generator) -> Sequence[Migrant]:
        """Elites of the last generation, the best first; before it there are none."""
        there = self._population[: min(num, self._num_elites)] if len(self._points) else []
        return [
            Migrant(genome.as_genotype(), float(point[0])) for genome, point in zip(there, self._points, strict=False)
        ]

    def immigrate(self, migrants: Sequence[Migrant], rng: Generator) -> None:
        """They take the places of children, of elites only where there are more of them."""
        for place, migrant in enumerate(migrants[: len(self._population)], start=1):
            self._population[-place] = self._space.genome(migrant.genotype)

    def state(self) -> IslandState:
        genomes = [*self._population, *([] if self._best is None else [self._best])]
        return IslandState(
            {
                "space": space_fingerprint(self._space),
                "settings": self.config.as_json(),
                "rng": self._rng.bit_generator.state,
                "steps": self._num_steps,
                "candidates": self._num_candidates,
            },
            {
                **pack_genomes(genomes),
                "points": self._points.copy(),
                "of_best": self._of_best.copy(),
                "best_reward": np.array([self._best_reward]),
            },
        )

    def restore(self, state: IslandState) -> None:
        data, arrays = state.data, state.arrays
        try:
            written, here = (data["space"], data["settings"]), (space_fingerprint(self._space), self.config.as_json())
            if written != here:
                raise StateMismatch("the stored population belongs to another space or other settings")
            space, size = self._space.config, self.config.population_size
            genomes = unpack_genomes(arrays, space.num_inputs, space.num_outputs)
            if len(genomes) not in (size, size + 1):
                raise StateMismatch(f"the stored population has {len(genomes)} members, not {size}")
            self._population = genomes[:size]
            self._best = genomes[size] if len(genomes) > size else None
            self._rng.bit_generator.state = data["rng"]
            self._num_steps, self._num_candidates = int(data["steps"]), int(data["candidates"])
            self._points, self._of_best = arrays["points"], arrays["of_best"]
            self._best_reward = float(arrays["best_reward"][0])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise StateMismatch(f"the stored population cannot be read: {error!r}") from error


def _enabled_alone(genome: Genome) -> Genotype:
    """The same network without its disabled connections: enough for a picture."""
    enabled = genome.is_enabled
    return replace(
        genome,
        sources=genome.sources[enabled],
        destinations=genome.destinations[enabled],
        is_enabled=np.ones(np.count_nonzero(enabled), dtype=np.bool_),
    ).as_genotype()


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.5g}") for value in values]
