"""Evolution one trial at a time: the best of a random sample is mutated. Who leaves is what its strategies differ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from numpy.random import Generator
from pydantic import model_validator

from nas.core.config import Config, setting
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.estimator import InheritsWeights
from nas.core.intervention import AddArchitecture, ForStrategy
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Crossable, Mutable, Mutation, Space
from nas.core.strategy import AskTell
from nas.core.view import View
from nas.strategies.population import Leaves, Member, Selection, best_of, population_view


class SampledEvolutionConfig(Config):
    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures kept alive.",
        unit="architectures",
        ge=2,
        le=10_000,
    )
    sample_size: int = setting(
        5,
        title="Sample size",
        description="Drawn from the population for each child; the best becomes the parent. 1 is a random walk, more is greedier.",
        unit="architectures",
        ge=1,
    )
    selection: Selection = setting(
        "first_objective",
        title="Selection",
        description="What makes the best of a sample: the first objective, as in the paper, or not being dominated in all objectives.",
    )
    crossover_probability: float = setting(
        0.0,
        title="Crossover probability",
        description="Share of children that cross two parents before they mutate; the paper has none.",
        advanced=True,
        ge=0,
        le=1,
    )
    with_replacement: bool = setting(
        True,
        title="Sample with replacement",
        description="Whether one architecture can be drawn twice into the same sample, as in the paper.",
        advanced=True,
    )
    inherit_weights: bool = setting(
        False,
        title="Inherit weights",
        description="A child starts from its parent's trained weights wherever a layer has the same place and size; for training only.",
        advanced=True,
    )
    fill_idle: bool = setting(
        False,
        title="Fill idle workers",
        description="Draw further random architectures while the first population is still being evaluated, instead of waiting.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _sample_fits_the_population(self) -> Self:
        if self.sample_size > self.population_size:
            raise ValueError(
                f"the population size must be at least the sample size ({self.sample_size}), got {self.population_size}"
            )
        return self


class SampledEvolution(AskTell):
    """Keeps a population, oldest first. A subclass says when it breeds (`_propose`) and who leaves."""

    requires = (Space, Mutable)
    leaves: ClassVar[Leaves]

    config: SampledEvolutionConfig

    def __init__(self, config: SampledEvolutionConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.crossover_probability > 0 and not isinstance(setup.space, Crossable):
            raise InvalidConfig.at(
                "crossover_probability", f"{setup.space.title} cannot cross architectures; it must be 0"
            )
        if config.inherit_weights and not isinstance(setup.estimator, InheritsWeights):
            raise InvalidConfig.at(
                "inherit_weights",
                f"the estimator {setup.estimator.title} trains no networks, so there are no weights to inherit; switch it off",
            )
        if config.inherit_weights:
            self.fresh_because = "children inherit weights, and a known result comes without any"
        self._population: list[Member] = []  # oldest first
        self._num_entered = 0

    @property
    def members(self) -> Sequence[Member]:
        """The living, oldest first."""
        return self._population

    @property
    def _num_on_the_way(self) -> int:
        return sum(p.kind == EVALUATE for p in self._pending.values())

    def _fill(self, proposal_id: int, rng: Generator) -> Proposal | None:
        """One more of the first population; None while those that complete it are on the way."""
        if len(self._population) + self._num_on_the_way < self.config.population_size or self.config.fill_idle:
            return self._random(proposal_id, rng)
        return None

    def _random(self, proposal_id: int, rng: Generator) -> Proposal:
        genotype = self._draw_feasible(lambda: self.setup.sample(rng))
        return Proposal(id=proposal_id, genotype=genotype, operator="random", keeps_network=self.config.inherit_weights)

    def _child(self, proposal_id: int, rng: Generator) -> Proposal:
        """A mutated winner of a tournament; the tournament is held anew when the mutation breaks a constraint."""
        parents: tuple[Member, ...] = ()

        def draw() -> Mutation:
            nonlocal parents
            space: Any = self.setup.space  # Mutable as required; Crossable where the configuration asks for it
            parents = (self._select(rng),)
            genotype = parents[0].genotype
            if self.config.crossover_probability > 0 and rng.random() < self.config.crossover_probability:
                parents = (*parents, self._select(rng))
                genotype = space.crossover(genotype, parents[1].genotype, rng)
            mutation: Mutation = space.mutate(genotype, rng)
            return mutation

        try:
            mutation = self._draw_feasible(draw)
        except ConstraintLeavesNothing:
            # A constraint was changed and nothing near the population meets it: begin again where something does.
            return self._random(proposal_id, rng)
        return Proposal(
            id=proposal_id,
            genotype=mutation.genotype,
            parents=tuple(dict.fromkeys(parent.id for parent in parents)),
            operator=f"crossover+mutate:{mutation.kind}" if len(parents) > 1 else f"mutate:{mutation.kind}",
            inherits=parents[0].id if self.config.inherit_weights else None,
            keeps_network=self.config.inherit_weights,
            meta={"kind": mutation.kind, "changed": list(mutation.changed)},
        )

    def _select(self, rng: Generator) -> Member:
        """The best of a sample; of equals the one drawn first, which is each of them equally often."""
        return best_of(self._sample(rng), self.setup, self.config.selection)

    def _sample(self, rng: Generator) -> list[Member]:
        """`sample_size` members, uniform; without replacement no more than there are."""
        size, replace = self.config.sample_size, self.config.with_replacement
        num_drawn = size if replace else min(size, len(self._population))
        drawn = rng.choice(len(self._population), size=num_drawn, replace=replace)
        return [self._population[int(i)] for i in drawn]

    def _rules_changed(self) -> None:
        """Whoever is allowed no more leaves, and fresh random ones take the places."""
        self._population = [member for member in self._population if self.setup.is_feasible(member.genotype)]

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What is allowed no more when its result arrives does not enter."""
        if proposal.genotype is None or not result.status.is_ok or not self.setup.is_feasible(proposal.genotype):
            return
        self._population.append(Member(proposal.id, proposal.genotype, result.metrics, self._num_entered))
        self._num_entered += 1

    def intervene(self, change: ForStrategy) -> None:
        super().intervene(change)
        if isinstance(change, AddArchitecture) and self.config.inherit_weights:
            self._queue[-1] = replace(self._queue[-1], keeps_network=True)

    def checkpoints_needed(self) -> frozenset[int] | None:
        """As `ContinuesTrainings` says: those of the living, and of parents whose children are on the way."""
        if not self.config.inherit_weights:
            return None
        on_the_way = {p.inherits for p in (*self._pending.values(), *self._queue) if p.inherits is not None}
        return frozenset(on_the_way | {member.id for member in self._population})

    def views(self) -> list[View]:
        """The population, oldest first."""
        return [
            population_view(
                self._population,
                self.setup,
                size=self.config.population_size,
                num_entered=self._num_entered,
                leaves=self.leaves,
            )
        ]

    def _save(self) -> Mapping[str, Any]:
        return {"population": [m.as_json() for m in self._population], "num_entered": self._num_entered}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._population = [Member(**member) for member in data["population"]]
        self._num_entered = int(data["num_entered"])
