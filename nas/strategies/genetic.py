"""The genetic algorithm of the textbooks. Holland 1975; Goldberg 1989; selection after Goldberg and Deb 1991.

Its words: a chromosome is an encoded architecture, a gene one place of it, offspring the chromosomes made from those of a
generation, fitness how good one is (larger is better).

Deviations: mutation is that of the space, and crossover unless another is chosen; fitness is scaled before the wheel is
spun unless that is switched off; a failed evaluation leaves its place to another chromosome; constraints are understood
(Deb 2000).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from numpy.random import Generator
from pydantic import model_validator

from nas.analysis.statistics import ranks
from nas.core.config import setting
from nas.core.errors import InvalidConfig, InvalidGenotype
from nas.core.metric import Direction
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import Sequential
from nas.core.view import View
from nas.strategies.chromosomes import GeneCrossover, crossed, shares, spin
from nas.strategies.generational import Generational, GenerationalConfig
from nas.strategies.population import Member, best_of, losses, population_view, violation

CROSSOVER_TRIES = 20
"""Crossings of two lists of genes that look for an architecture of the space."""

MAX_ROWS = 24
"""Generations that the view remembers; when there are more, every second one is forgotten."""


class GeneticConfig(GenerationalConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "textbook": {"selection": "roulette", "fitness_scaling": "none", "avoid_duplicates": False},
        "truncation": {"selection": "truncation"},
    }

    selection: Literal["roulette", "tournament", "truncation"] = setting(
        "tournament",
        title="Selection",
        description="Who becomes a parent: by a wheel with room by fitness, the best of a small sample, or any of the best share.",
    )
    tournament_size: int = setting(
        3,
        title="Tournament size",
        description="Drawn for each parent, with replacement; only for tournaments.",
        unit="chromosomes",
        advanced=True,
        ge=1,
        le=10_000,
    )
    truncation_share: float = setting(
        0.5,
        title="Truncation share",
        description="Share of the population, the best, of which each is equally likely a parent; only for truncation.",
        advanced=True,
        gt=0,
        le=1,
    )
    fitness_scaling: Literal["none", "window", "rank"] = setting(
        "window",
        title="Fitness scaling",
        description="The room on the wheel: fitness itself, its distance from the worst, or its rank; only for roulette.",
        advanced=True,
    )
    crossover: Literal["space", GeneCrossover] = setting(
        "space",
        title="Crossover",
        description="How two parents cross: as the space does it, or cut at one place or two of the list of genes, or gene by gene.",
    )
    elites: int = setting(
        1,
        title="Elites",
        description="The best of each generation that live on unchanged, without being evaluated again.",
        unit="chromosomes",
        ge=0,
        le=10_000,
    )
    max_generations: int | None = setting(
        None,
        title="Generations at most",
        description="Ends the search after that many generations of offspring; empty: the budget of the run decides.",
        unit="generations",
        advanced=True,
        ge=1,
        le=10**9,
    )
    max_evaluations: int | None = setting(
        None,
        title="Evaluations at most",
        description="Ends the search after that many trials, failed ones included; empty: the budget of the run decides.",
        unit="trials",
        advanced=True,
        ge=1,
        le=10**9,
    )
    no_improvement_for: int | None = setting(
        None,
        title="Generations without improvement",
        description="Ends the search when the best stays the same for that many generations; empty: never.",
        unit="generations",
        advanced=True,
        ge=1,
        le=10**9,
    )
    target_value: float | None = setting(
        None,
        title="Target",
        description="Ends the search when the first objective is at least as good as this; empty: never.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _someone_is_new(self) -> Self:
        if self.elites >= self.population_size:
            raise ValueError(
                f"elites must be fewer than the population size ({self.population_size}), got {self.elites}; "
                "a generation of elites alone would never change"
            )
        return self


class Genetic(Generational):
    """Each generation is its elites and the evaluated offspring of the one before. The first objective is the fitness."""

    name = "genetic"
    title = "Genetic algorithm"
    summary = "Crosses and mutates chosen parents, generation after generation; the best few live on unchanged."
    source = "Holland 1975; Goldberg and Deb 1991"
    Config = GeneticConfig

    config: GeneticConfig

    def __init__(self, config: GeneticConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.crossover != "space" and not isinstance(setup.space, Sequential):
            raise InvalidConfig.at(
                "crossover", f'{setup.space.title} is not written as a list of genes; choose "space" instead'
            )
        self._best: Member | None = None
        self._best_since = 0  # the generation in which the best came
        self._rows: list[dict[str, float]] = []  # per remembered generation: its number, best, mean and worst fitness
        self._stride = 1  # every how many generations one is remembered

    @property
    def _num_offspring(self) -> int:
        return self.config.population_size - self.config.elites

    def _is_exhausted(self) -> bool:
        """The stop rules."""
        config = self.config
        if config.max_evaluations is not None and self._next_id >= config.max_evaluations:
            return True
        if config.max_generations is not None and self._generation > config.max_generations:
            return True  # the first generation has no offspring and is not counted
        if self._best is None:
            return False
        if config.no_improvement_for is not None and self._generation - self._best_since > config.no_improvement_for:
            return True
        if config.target_value is None or violation(self._best, self.setup) > 0:
            return False
        return losses(self._best, self.setup)[0] <= self.setup.objectives[0].loss(config.target_value)

    def _select(self, rng: Generator) -> Member:
        if self.config.selection == "tournament":
            drawn = rng.integers(len(self._parents), size=self.config.tournament_size)
            return best_of([self._parents[int(i)] for i in drawn], self.setup, "first_objective")
        return self._parents[spin(self._chances(), rng)]

    def _chances(self) -> npt.NDArray[np.float64]:
        """Per parent the probability of being chosen, by roulette or truncation. Who breaks a measured constraint has none
        while others keep it; when all break it, the less the better."""
        room = np.zeros(len(self._parents))
        broken = np.array([violation(member, self.setup) for member in self._parents])
        if self.config.selection == "truncation":
            num_best = max(1, round(self.config.truncation_share * len(self._parents)))
            room[self._from_best(self._parents)[:num_best]] = 1.0
        elif broken.all():
            room = 1 / (1 + broken)
        else:
            keeps = broken == 0
            room[keeps] = self._room(np.array([self._value(m) for m, k in zip(self._parents, keeps, strict=True) if k]))
        return shares(room)

    def _room(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """On the wheel, not all 0. A minimised value is turned into 1 / value; where that or the value itself is not
        positive, the distance from the worst is taken instead."""
        is_maximised = self.setup.objectives[0].direction is Direction.MAXIMISE
        gains = values if is_maximised else -values
        if self.config.fitness_scaling == "rank":
            return ranks(gains)
        if self.config.fitness_scaling == "none" and values.min() > 0:
            return values if is_maximised else 1 / values
        room: npt.NDArray[np.float64] = gains - gains.min()
        return room if room.any() else np.ones(len(values))

    def _cross(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        """Genes are the decisions that write an architecture. Where later ones depend on earlier ones the genes of two parents
        may not fit together: then crossed anew, in the end as the space does it."""
        kind, space = self.config.crossover, self.setup.space
        if kind != "space":
            assert isinstance(space, Sequential)  # checked at the start
            genes = space.encode(first), space.encode(second)
            for _ in range(CROSSOVER_TRIES):
                try:
                    return space.decode(crossed(kind, *genes, rng))
                except (ValueError, InvalidGenotype):
                    continue
        return super()._cross(first, second, rng)

    def _value(self, member: Member) -> float:
        return member.metrics[self.setup.objectives[0].metric]

    def _from_best(self, members: Sequence[Member]) -> list[int]:
        """Places from the best to the worst; of equals the one that stands first."""

        def standing(i: int) -> tuple[float, float]:
            return violation(members[i], self.setup), losses(members[i], self.setup)[0]

        return sorted(range(len(members)), key=standing)

    def _survivors(self, parents: Sequence[Member], offspring: Sequence[Member]) -> list[Member]:
        """Elites first."""
        elites = [parents[i] for i in self._from_best(parents)[: self.config.elites]]
        return [*elites, *offspring]

    def _rules_changed(self) -> None:
        super()._rules_changed()
        if self._best is not None and not self.setup.is_feasible(self._best.genotype):
            present = [*self._parents, *self._offspring]
            self._best = best_of(present, self.setup, "first_objective") if present else None
            self._best_since = self._generation

    def _enter(self, member: Member) -> None:
        # Of equals the first stays the best: the same again is no improvement.
        if self._best is None or best_of([self._best, member], self.setup, "first_objective") is member:
            self._best, self._best_since = member, self._generation
        before = self._generation
        super()._enter(member)
        if self._generation > before and before % self._stride == 0:
            self._rows.append(self._row())
            if len(self._rows) > MAX_ROWS:
                self._stride *= 2
                self._rows = [row for row in self._rows if row["generation"] % self._stride == 0]

    def _row(self) -> dict[str, float]:
        """The latest complete generation; number 0 is the random one."""
        values = [self._value(self._parents[i]) for i in self._from_best(self._parents)]
        mean = sum(values) / len(values)
        return {"generation": self._generation - 1, "best": values[0], "mean": mean, "worst": values[-1]}

    def views(self) -> list[View]:
        """The chromosomes with their chance to become a parent (None in tournaments), and fitness over the generations."""
        members = self._parents or self._offspring
        size = self.config.population_size
        present = population_view(members, self.setup, size=size, num_entered=self._num_entered, leaves="generation")
        by_wheel = bool(self._parents) and self.config.selection != "tournament"
        chances = self._chances().tolist() if by_wheel else [None] * len(members)
        rows = list(self._rows)
        if self._parents and (not rows or rows[-1]["generation"] != self._generation - 1):
            rows.append(self._row())
        columns = {name: [row[name] for row in rows] for name in ("generation", "best", "mean", "worst")}
        return [
            View(present.name, present.title, present.kind, {**present.data, "chance": chances}),
            View(
                "generations",
                "Fitness by generation",
                "generations",
                {**columns, "fitness_metric": self.setup.objectives[0].metric},
            ),
        ]

    def _save(self) -> Mapping[str, Any]:
        return {
            **super()._save(),
            "best": None if self._best is None else self._best.as_json(),
            "best_since": self._best_since,
            "rows": [dict(row) for row in self._rows],
            "stride": self._stride,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._best = None if data["best"] is None else Member(**data["best"])
        self._best_since = int(data["best_since"])
        self._rows = [dict(row) for row in data["rows"]]
        self._stride = int(data["stride"])
