"""Single-path one-shot search: a supernet trained path by path, then evolution among its paths. Guo et al. 2020."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.setup import SearchSetup
from nas.core.space import Crossable, Mutable
from nas.strategies.path_pool import Path, PathPool
from nas.strategies.shared_score_search import Batch, SharedScoreSearch
from nas.strategies.spos_config import SposConfig
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.single_path_recipe import SinglePathRecipe

EVOLUTION = "evolution"


class Spos(SharedScoreSearch):
    """arXiv 1904.00420, section 3.4 and algorithm 1, with the numbers of the published code.

    A candidate is new to the evolution and keeps all limits that are known without training; an operator that finds too few
    in ten times as many attempts leaves the rest to random draws. While a generation waits for its last scores, workers take
    random paths.
    """

    name: ClassVar[str] = "spos"
    title: ClassVar[str] = "Single-path one-shot (SPOS)"
    summary: ClassVar[str] = (
        "Trains one network for all architectures, one random path per step, and evolves paths with its weights."
    )
    source: ClassVar[str] = "Guo et al. 2020, arXiv 1904.00420; fair sampling: Chu, Zhang and Xu 2021, arXiv 1907.01845"
    training: ClassVar[str] = "single_path"
    Recipe: ClassVar[type[SupernetRecipe]] = SinglePathRecipe
    Config: ClassVar[type[BaseConfig]] = SposConfig
    config: SposConfig

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self.pools = {EVOLUTION: PathPool(), **self.pools}
        self._sizes = [len(row.options) for row in self._rows]
        self._generation = 0  # begun
        self._waiting: Batch = {}  # of the present generation, not asked for yet
        self._is_evolution_empty = False  # nothing new was found for another generation

    def _num_random(self) -> int:
        if not self.config.random_beside:
            return 0
        return (
            len(self.pools[EVOLUTION]) if self._evolution_is_asked else self.config.population * self.config.generations
        )

    @property
    def _evolution_is_asked(self) -> bool:
        is_last = self._is_evolution_empty or self._generation == self.config.generations
        return is_last and not self._waiting

    def _next_paths(self, rng: Generator) -> tuple[str, Batch, int | None] | None:
        if not self._waiting and not self._evolution_is_asked and not self._num_out(EVOLUTION):
            self._begin_generation(rng)
        if self._waiting:
            rows, size = list(self._waiting.items()), self.config.per_job
            batch, self._waiting = dict(rows[:size]), dict(rows[size:])
            return EVOLUTION, batch, self._generation - 1
        return super()._next_paths(rng)

    def _search_is_over(self) -> bool:
        return super()._search_is_over() and (
            bool(self._broken_search) or (self._evolution_is_asked and not self._num_out(EVOLUTION))
        )

    def _rules_changed(self) -> None:
        """What waits to be scored and may not be proposed any more goes; random ones may take its place next time."""
        super()._rules_changed()
        self._waiting = {form: path for form, path in self._waiting.items() if self._may_be_proposed(path)}

    def _begin_generation(self, rng: Generator) -> None:
        config, pool = self.config, self.pools[EVOLUTION]
        parents = sorted(pool.scored(), key=lambda found: found.rank)
        paths = [found.path for found in parents if self._may_be_proposed(found.path)][: config.kept]
        if not paths:
            self._waiting = self._drawn(rng, config.population, pool)
        else:
            found: Batch = {}
            self._collected(lambda: self._mutant(paths, rng), config.mutants, found, pool)
            self._collected(lambda: self._crossed(paths, rng), config.crossovers, found, pool)
            num_missing = config.population - len(found)
            self._collected(lambda: self._path(self.setup.sample(rng)), num_missing, found, pool)
            self._waiting = found
        if self._waiting:
            self._generation += 1
        else:
            self._is_evolution_empty = True

    def _mutant(self, parents: list[Path], rng: Generator) -> Path:
        """Each choice drawn anew with `mutation_probability`; where that is no architecture, one change that the space makes."""
        parent = parents[rng.integers(len(parents))]
        is_changed = rng.random(len(parent)) < self.config.mutation_probability
        drawn = rng.integers(self._sizes)
        mutant = tuple(
            int(new) if changed else old for old, new, changed in zip(parent, drawn, is_changed, strict=True)
        )
        space = self.setup.space
        if mutant == parent or self._is_architecture(mutant) or not isinstance(space, Mutable):
            return mutant
        return self._path(space.mutate(self._genotype(parent), rng).genotype)

    def _crossed(self, parents: list[Path], rng: Generator) -> Path:
        """Each choice from either of two parents with equal chance; where that is no architecture, as the space crosses them."""
        first, second = (parents[place] for place in rng.integers(len(parents), size=2))
        from_second = rng.integers(2, size=len(first))
        crossed = tuple(b if chosen else a for a, b, chosen in zip(first, second, from_second, strict=True))
        space = self.setup.space
        if self._is_architecture(crossed) or not isinstance(space, Crossable):
            return crossed
        return self._path(space.crossover(self._genotype(first), self._genotype(second), rng))

    def _save(self) -> Mapping[str, Any]:
        return {
            **super()._save(),
            "generation": self._generation,
            "waiting": [[form, list(path)] for form, path in self._waiting.items()],
            "is_evolution_empty": self._is_evolution_empty,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._generation = int(data["generation"])
        self._waiting = {str(form): tuple(path) for form, path in data["waiting"]}
        self._is_evolution_empty = bool(data["is_evolution_empty"])
