"""Evolution in generations: parents breed, and when the offspring are evaluated the next parents are chosen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from numpy.random import Generator

from nas.core.config import Config, setting
from nas.core.errors import ConstraintLeavesNothing
from nas.core.proposal import EVALUATE, Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.space import Crossable, Mutable, Mutation, Space
from nas.core.strategy import AskTell, Drawn
from nas.strategies.population import Member

DUPLICATE_TRIES = 100
"""Draws that look for an architecture which is not in the population; then a duplicate is taken, as in a space used up."""


class GenerationalConfig(Config):
    population_size: int = setting(
        20,
        title="Population size",
        description="Architectures that become parents, and trials of the first, random generation.",
        unit="architectures",
        ge=2,
        le=10_000,
    )
    crossover_probability: float = setting(
        0.9,
        title="Crossover probability",
        description="Share of offspring that cross two parents; the others copy one.",
        ge=0,
        le=1,
    )
    mutation_probability: float = setting(
        0.5,
        title="Mutation probability",
        description="Share of offspring that get one mutation of the space after the crossover.",
        ge=0,
        le=1,
    )
    avoid_duplicates: bool = setting(
        True,
        title="Avoid duplicates",
        description="Draw offspring again when the population has the same network already; a mere copy is then always mutated.",
        advanced=True,
    )


class Generational(AskTell):
    """A subclass says who breeds (`_select`), how many offspring there are and who of all survives (`_survivors`).

    A generation ends when `_num_offspring` results have arrived; whoever asks before that waits. A failed trial leaves its
    place to another. Results that are late or were asked for by a person count in the generation in which they arrive.
    """

    requires = (Space, Mutable, Crossable)

    config: GenerationalConfig

    def __init__(self, config: GenerationalConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._parents: list[Member] = []  # none before the first generation is evaluated
        self._offspring: list[Member] = []
        self._generation = 0  # how many are complete
        self._num_entered = 0
        self._canonical: dict[int, str] = {}  # by proposal; kept so that it is computed once, never stored

    @property
    @abstractmethod
    def _num_offspring(self) -> int:
        """Results that complete a generation after the first."""

    @abstractmethod
    def _select(self, rng: Generator) -> Member:
        """One parent."""

    @abstractmethod
    def _survivors(self, parents: Sequence[Member], offspring: Sequence[Member]) -> list[Member]:
        """The next parents; `parents` is empty after the first generation."""

    @property
    def _num_wanted(self) -> int:
        return self._num_offspring if self._parents else self.config.population_size

    def _must_wait(self) -> bool:
        on_the_way = sum(p.kind == EVALUATE for p in self._pending.values())
        return len(self._offspring) + on_the_way >= self._num_wanted

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        if self._must_wait():
            return None
        return self._child(proposal_id, rng) if self._parents else self._random(proposal_id, rng)

    def _random(self, proposal_id: int, rng: Generator) -> Proposal:
        genotype = self._draw_new(lambda: self.setup.sample(rng))
        return Proposal(proposal_id, genotype, operator="random", meta={"generation": self._generation})

    def _child(self, proposal_id: int, rng: Generator) -> Proposal:
        parents: tuple[Member, ...] = ()
        config, space = self.config, self.setup.space
        assert isinstance(space, Mutable)  # as `requires` says

        def draw() -> Mutation:
            nonlocal parents
            parents = (self._select(rng),)
            genotype = parents[0].genotype
            if rng.random() < config.crossover_probability:
                parents = (*parents, self._select(rng))
                genotype = self._cross(genotype, parents[1].genotype, rng)
            must_change = config.avoid_duplicates and len(parents) == 1
            if rng.random() < config.mutation_probability or must_change:
                return space.mutate(genotype, rng)
            return Mutation(genotype, kind="", changed=())

        try:
            drawn = self._draw_new(draw)
        except ConstraintLeavesNothing:
            # A constraint was changed and nothing near the population meets it: begin again where something does.
            return self._random(proposal_id, rng)
        mutated = f"mutate:{drawn.kind}" if drawn.kind else ""
        crossed = "crossover" if len(parents) > 1 else ""
        return Proposal(
            id=proposal_id,
            genotype=drawn.genotype,
            parents=tuple(dict.fromkeys(parent.id for parent in parents)),
            operator="+".join(filter(None, (crossed, mutated))) or "copy",
            meta={"kind": drawn.kind, "changed": list(drawn.changed), "generation": self._generation},
        )

    def _cross(self, first: Genotype, second: Genotype, rng: Generator) -> Genotype:
        space = self.setup.space
        assert isinstance(space, Crossable)  # as `requires` says
        return space.crossover(first, second, rng)

    def _draw_new(self, draw: Callable[[], Drawn]) -> Drawn:
        """A draw whose network is not among the parents, their offspring and those on the way, if one is found soon.

        Raises ConstraintLeavesNothing as `_draw_feasible` does.
        """
        if not self.config.avoid_duplicates:
            return self._draw_feasible(draw)
        taken = {self._name(member.id, member.genotype) for member in (*self._parents, *self._offspring)}
        taken |= {self._name(p.id, p.genotype) for p in self._pending.values() if p.genotype is not None}
        for drawn in islice(self._feasible(draw), DUPLICATE_TRIES):
            genotype = drawn.genotype if isinstance(drawn, Mutation) else drawn
            if self.setup.space.canonical(genotype) not in taken:
                break
        return drawn

    def _name(self, proposal_id: int, genotype: Genotype) -> str:
        if proposal_id not in self._canonical:
            self._canonical[proposal_id] = self.setup.space.canonical(genotype)
        return self._canonical[proposal_id]

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """What is allowed no more when its result arrives does not enter."""
        if proposal.genotype is not None and result.status.is_ok and self.setup.is_feasible(proposal.genotype):
            self._enter(Member(proposal.id, proposal.genotype, result.metrics, self._num_entered))

    def _rules_changed(self) -> None:
        """Whoever is allowed no more leaves. Without all its parents the generation begins anew, as the first did: those
        that are left and fresh random ones complete it."""
        parents = [member for member in self._parents if self.setup.is_feasible(member.genotype)]
        offspring = [member for member in self._offspring if self.setup.is_feasible(member.genotype)]
        if len(parents) < len(self._parents):
            present = [*parents, *offspring]
            is_complete = len(present) >= self.config.population_size
            parents = present[: self.config.population_size] if is_complete else []
            offspring = [] if is_complete else present
        self._parents, self._offspring = parents, offspring

    def _enter(self, member: Member) -> None:
        """One more of the offspring; if it completes the generation, the next begins."""
        self._offspring.append(member)
        self._num_entered += 1
        if len(self._offspring) >= self._num_wanted:
            self._parents = self._survivors(self._parents, self._offspring)
            self._offspring = []
            self._generation += 1
            needed = {member.id for member in self._parents} | set(self._pending)
            self._canonical = {key: name for key, name in self._canonical.items() if key in needed}

    def _save(self) -> Mapping[str, Any]:
        return {
            "parents": [member.as_json() for member in self._parents],
            "offspring": [member.as_json() for member in self._offspring],
            "generation": self._generation,
            "num_entered": self._num_entered,
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._parents = [Member(**member) for member in data["parents"]]
        self._offspring = [Member(**member) for member in data["offspring"]]
        self._generation = int(data["generation"])
        self._num_entered = int(data["num_entered"])
