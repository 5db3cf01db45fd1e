"""Regularised (aging) evolution. Real et al. 2019, arXiv 1802.01548, algorithm 1.

Deviations: it runs with any number of evaluations in flight, so age is the order in which results arrive; failed
trials never enter the population; constraints and several objectives are understood (Deb et al. 2002, section V).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from numpy.random import Generator
from pydantic import model_validator

from nas.analysis.pareto import dominates
from nas.core.config import Config, setting
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Crossable, Mutable, Mutation, Space
from nas.core.strategy import AskTell
from nas.core.view import View


class AgingEvolutionConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"population_size": 100, "sample_size": 25},
        "random_walk": {"sample_size": 1},
    }

    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures kept alive; with each new one the oldest dies. The paper has 100 for 20,000 trials.",
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
    selection: Literal["first_objective", "domination"] = setting(
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
    fill_idle: bool = setting(
        False,
        title="Fill idle workers",
        description="Draw further random architectures while the first population is still being evaluated, instead of waiting.",
        advanced=True,
    )

    @model_validator(mode="after")
    def _sample_fits_the_population(self) -> AgingEvolutionConfig:
        if self.sample_size > self.population_size:
            raise ValueError(
                f"the population size must be at least the sample size ({self.sample_size}), got {self.population_size}"
            )
        return self


@dataclass(frozen=True, slots=True)
class _Member:
    """One of the population: the proposal it came from and everything that was measured."""

    id: int
    genotype: Genotype
    metrics: Mapping[str, float]
    born: int  # how many results had entered the population before it

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "genotype": self.genotype, "metrics": dict(self.metrics), "born": self.born}


class AgingEvolution(AskTell):
    """A queue of `population_size`: the best of a random sample is mutated, the child is appended, the oldest leaves.

    What a trial measured decides at selection, not at arrival, so constraints changed on the way hold at once.
    """

    name = "aging_evolution"
    title = "Aging evolution"
    summary = (
        "Mutates the best of a small random sample; the oldest dies, so only what is found again and again survives."
    )
    source = "Real et al. 2019, arXiv 1802.01548"
    requires = (Space, Mutable)
    Config = AgingEvolutionConfig

    config: AgingEvolutionConfig

    def __init__(self, config: AgingEvolutionConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.crossover_probability > 0 and not isinstance(setup.space, Crossable):
            raise InvalidConfig.at(
                "crossover_probability", f"{setup.space.title} cannot cross architectures; it must be 0"
            )
        self._population: deque[_Member] = deque()  # oldest first
        self._num_entered = 0

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if len(self._population) == self.config.population_size:
            return self._child(proposal_id, rng)
        num_on_the_way = sum(p.kind == EVALUATE for p in self._pending.values())
        if len(self._population) + num_on_the_way < self.config.population_size or self.config.fill_idle:
            return self._random(proposal_id, rng)
        return None

    def _random(self, proposal_id: int, rng: Generator) -> Proposal:
        genotype = self._draw_feasible(lambda: self.setup.space.sample(rng))
        return Proposal(id=proposal_id, genotype=genotype, operator="random")

    def _child(self, proposal_id: int, rng: Generator) -> Proposal:
        """A mutated winner of a tournament; the tournament is held anew when the mutation breaks a constraint."""
        parents: tuple[_Member, ...] = ()

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
            meta={"kind": mutation.kind, "changed": list(mutation.changed)},
        )

    def _select(self, rng: Generator) -> _Member:
        """The winner of one tournament; of equals the one drawn first, which is each of them equally often."""
        size = len(self._population)
        drawn = rng.choice(size, size=self.config.sample_size, replace=self.config.with_replacement)
        sample = [self._population[int(i)] for i in drawn]
        if self.config.selection == "first_objective":
            return min(sample, key=lambda member: (self._violation(member), self._losses(member)[0]))
        least = min(self._violation(member) for member in sample)
        allowed = [member for member in sample if self._violation(member) == least]
        # Not crowding: in the front of so small a sample it would choose one of the ends every time.
        return next(m for m in allowed if not any(dominates(self._losses(o), self._losses(m)) for o in allowed))

    def _losses(self, member: _Member) -> tuple[float, ...]:
        return tuple(objective.loss(member.metrics[objective.metric]) for objective in self.setup.objectives)

    def _violation(self, member: _Member) -> float:
        """Constrained domination (Deb et al. 2002): less violation wins before any objective is looked at."""
        return sum(c.violation(member.metrics[c.metric]) for c in self.setup.constraints if c.metric in member.metrics)

    def _learn(self, proposal: Proposal, result: Result) -> None:
        if proposal.genotype is None or not result.status.is_ok:
            return
        self._population.append(_Member(proposal.id, proposal.genotype, result.metrics, self._num_entered))
        self._num_entered += 1
        if len(self._population) > self.config.population_size:
            self._population.popleft()

    def views(self) -> list[View]:
        """The population as columns, oldest first. `age`: results that entered since; `violation`: 0 when constraints hold."""
        members = list(self._population)
        objectives = self.setup.objectives
        columns: dict[str, Any] = {
            "id": [m.id for m in members],
            "age": [self._num_entered - 1 - m.born for m in members],
            "fitness": [m.metrics[objectives[0].metric] for m in members],
            "violation": [self._violation(m) for m in members],
            "objectives": {o.metric: [m.metrics[o.metric] for m in members] for o in objectives},
            "fitness_metric": objectives[0].metric,
            "population_size": self.config.population_size,
            "num_entered": self._num_entered,
        }
        return [View("population", "Population", "population", columns)]

    def _save(self) -> Mapping[str, Any]:
        return {"population": [m.as_json() for m in self._population], "num_entered": self._num_entered}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._population = deque(_Member(**member) for member in data["population"])
        self._num_entered = int(data["num_entered"])
