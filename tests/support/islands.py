"""A small island for tests of what moves islands: it looks for the network of a space with the most multiply-accumulates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import StateMismatch
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.islands.island import Island, IslandPlace, IslandState, Migrant
from nas.strategies.island_search import IslandSearch, IslandSearchConfig


class HeaviestSettings(BaseConfig):
    population_size: int = setting(6, title="Population", description="How many live at once.", ge=2)


class HeaviestIsland(Island):
    """The lightest dies, a mutant of one of the others is born; a step is one birth."""

    name: ClassVar[str] = "heaviest"
    Config: ClassVar[type[BaseConfig]] = HeaviestSettings

    def __init__(self, config: HeaviestSettings, setup: SearchSetup, at: IslandPlace) -> None:
        super().__init__(config, setup, at)
        self._rng = np.random.default_rng(at.seed)
        self._population = [setup.sample(self._rng) for _ in range(config.population_size)]
        self._steps = 0
        self.arrived: list[Genotype] = []

    @property
    def num_steps(self) -> int:
        return self._steps

    @property
    def num_candidates(self) -> int:
        return self.config.population_size + self._steps

    def _weight(self, genotype: Genotype) -> float:
        return float(self.setup.cost(genotype).macs)

    def step(self) -> Mapping[str, float]:
        self._population.sort(key=self._weight)
        parent = self._population[int(self._rng.integers(1, len(self._population)))]
        self._population[0] = self.setup.space.mutate(parent, self._rng).genotype  # type: ignore[attr-defined]
        self._steps += 1
        return {"heaviest": max(map(self._weight, self._population)), "nothing": float("nan")}

    def best(self, num: int) -> Sequence[Genotype]:
        ranked = sorted(self._population, key=self._weight, reverse=True)
        return list({self.setup.space.canonical(each): each for each in ranked}.values())[:num]

    def facts(self) -> Mapping[str, Any]:
        return {"weights": sorted(map(self._weight, self._population)), "arrived": len(self.arrived)}

    def emigrants(self, num: int, rng: Generator) -> Sequence[Migrant]:
        places = rng.choice(len(self._population), min(num, len(self._population)), replace=False)
        return [Migrant(self._population[place], self._weight(self._population[place])) for place in places]

    def immigrate(self, migrants: Sequence[Migrant], rng: Generator) -> None:
        self.arrived += [migrant.genotype for migrant in migrants]
        self._population.sort(key=self._weight)
        for place, migrant in enumerate(migrants[: len(self._population)]):
            self._population[place] = migrant.genotype

    def state(self) -> IslandState:
        data = {"population": self._population, "arrived": self.arrived, "rng": self._rng.bit_generator.state}
        return IslandState(json.loads(json.dumps(data)), {"steps": np.array([self._steps])})

    def restore(self, state: IslandState) -> None:
        if len(state.data["population"]) != self.config.population_size:
            raise StateMismatch("the stored island has another size")
        self._population, self.arrived = list(state.data["population"]), list(state.data["arrived"])
        self._rng.bit_generator.state = state.data["rng"]
        self._steps = int(state.arrays["steps"][0])


class HeaviestConfig(IslandSearchConfig, HeaviestSettings):
    pass


class HeaviestSearch(IslandSearch):
    name: ClassVar[str] = "heaviest"
    title: ClassVar[str] = "Heaviest"
    summary: ClassVar[str] = "Looks for the network with the most multiply-accumulates."
    source: ClassVar[str] = "this test"
    island: ClassVar[str] = "heaviest"
    Settings: ClassVar[type[BaseConfig]] = HeaviestSettings
    Config: ClassVar[type[BaseConfig]] = HeaviestConfig

    def own_views(self) -> list[View]:
        return [View("weights", "Weights", "table", {"weights": self.logs[0].facts.get("weights", [])})]
