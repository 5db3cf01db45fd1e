"""NSGA-II. Deb, Pratap, Agarwal and Meyarivan 2002, IEEE Transactions on Evolutionary Computation 6(2), sections III and VI.

With `exploit_generations` it is the search of NSGA-Net (Lu et al. 2019, arXiv 1810.03522): generations that explore by
crossover and mutation, then generations that exploit what was learnt of all that was evaluated.

Deviations: crossover and mutation are those of the space; crowding is computed anew among the survivors; the population
may be renewed after every result instead of once per generation; the archive that is learnt from is bounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator
from pydantic import model_validator

from nas.analysis.pareto import dominates
from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.core.config import setting
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.core.space import Mutable, Mutation, Sequential
from nas.core.view import View
from nas.strategies.generational import Generational, GenerationalConfig
from nas.strategies.phase_network import PhaseNetwork, phases_of
from nas.strategies.population import Member, losses, violation

NEW_TRIES = 20
"""Draws of an exploiting child that look for an architecture which is not in the archive."""


class Nsga2Config(GenerationalConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "nsga_net": {"population_size": 40, "explore_generations": 20, "exploit_generations": 10},
        "steady_state": {"renewal": "every_result"},
    }

    tournament: Literal["rank", "dominance"] = setting(
        "rank",
        title="Tournament",
        description="What makes the better of two drawn parents: its front, as in the paper, or dominating the other; then less crowding.",
    )
    renewal: Literal["generation", "every_result"] = setting(
        "generation",
        title="Renewal",
        description="Choose the next parents once per generation, as in the paper, or after every result, so that no worker waits.",
    )
    explore_generations: int = setting(
        20,
        title="Exploring generations",
        description="With exploiting generations: how many come before them, the random one included.",
        unit="generations",
        ge=1,
        le=100_000,
    )
    exploit_generations: int = setting(
        0,
        title="Exploiting generations",
        description="Offspring are drawn from a Bayesian network learnt from the best found, then the search ends; "
        "0: it explores for ever.",
        unit="generations",
        ge=0,
        le=100_000,
    )
    marginal_probability: float = setting(
        0.1,
        title="Marginal probability",
        description="How often a phase of an exploiting child is drawn whatever stands before it.",
        advanced=True,
        ge=0,
        le=1,
    )
    archive_size: int = setting(
        200,
        title="Archive",
        description="Evaluated architectures, the best, of whose better half the Bayesian network learns.",
        unit="architectures",
        advanced=True,
        ge=2,
        le=10_000,
    )

    @model_validator(mode="after")
    def _exploits_by_generation(self) -> Self:
        if self.exploit_generations and self.renewal != "generation":
            raise ValueError("exploiting generations need the renewal by generation, got every_result")
        return self


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands among others: its front (0 is best) and how alone it is on it."""

    rank: int
    crowding: float


def standings(members: Sequence[Member], setup: SearchSetup) -> list[Standing]:
    """Rank by constrained domination, and crowding within the front: who keeps the constraints first, by domination;
    then the others, each amount of violation a front of its own."""
    broken = np.array([violation(member, setup) for member in members])
    points = np.array([losses(member, setup) for member in members]).reshape(len(members), len(setup.objectives))
    ranks = np.zeros(len(members), dtype=np.int64)
    keeps = broken == 0
    ranks[keeps] = non_dominated_ranks(points[keeps])
    ranks[~keeps] = np.unique(broken[~keeps], return_inverse=True)[1] + ranks[keeps].max(initial=-1) + 1
    crowding = np.empty(len(members))
    for rank in np.unique(ranks):
        crowding[ranks == rank] = crowding_distances(points[ranks == rank])
    return [Standing(int(rank), float(distance)) for rank, distance in zip(ranks, crowding, strict=True)]


class Nsga2(Generational):
    """Parents and offspring are sorted into fronts; the best fronts survive, the last of them thinned by crowding."""

    name = "nsga2"
    title = "NSGA-II"
    summary = (
        "Evolves a whole front for several objectives: keeps what nothing dominates, spread as evenly as possible."
    )
    source = "Deb et al. 2002, IEEE Transactions on Evolutionary Computation 6(2)"
    Config = Nsga2Config

    config: Nsga2Config

    def __init__(self, config: Nsga2Config, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if config.exploit_generations and not isinstance(setup.space, Sequential):
            raise InvalidConfig.at(
                "exploit_generations",
                f"{setup.space.title} is not written as a sequence of decisions, so it has no phases to learn; it must be 0",
            )
        self._known_standings: tuple[Sequence[Member], SearchSetup, list[Standing]] | None = None
        self._archive: list[Member] = []  # of complete generations, the best first; only to exploit
        self._exploits_from: int | None = None  # the first proposal that exploits
        self._known_network: tuple[Sequence[Member], SearchSetup, PhaseNetwork] | None = None

    @property
    def _num_offspring(self) -> int:
        return 1 if self.config.renewal == "every_result" else self.config.population_size

    @property
    def _is_exploiting(self) -> bool:
        return bool(self.config.exploit_generations) and self._generation >= self.config.explore_generations

    def _is_exhausted(self) -> bool:
        schedule = self.config.explore_generations + self.config.exploit_generations
        return self._is_exploiting and self._generation >= schedule

    def _must_wait(self) -> bool:
        if self.config.renewal == "every_result" and self._parents:
            return False
        return super()._must_wait()

    def _select(self, rng: Generator) -> Member:
        """The winner of a binary tournament: by rank or by domination, then by crowding; of equals the one drawn first."""
        first, second = (int(i) for i in rng.choice(len(self._parents), size=2, replace=False))
        return self._parents[second if self._is_better(second, first) else first]

    def _is_better(self, one: int, other: int) -> bool:
        standing, against = self._standings()[one], self._standings()[other]
        if self.config.tournament == "rank":
            return (standing.rank, -standing.crowding) < (against.rank, -against.crowding)
        member, opponent = self._parents[one], self._parents[other]
        if _beats(member, opponent, self.setup):
            return True
        return not _beats(opponent, member, self.setup) and standing.crowding > against.crowding

    def _standings(self) -> list[Standing]:
        """Of the parents, as the constraints stand now."""
        known = self._known_standings
        if known is None or known[0] is not self._parents or known[1] is not self.setup:
            known = self._known_standings = (self._parents, self.setup, standings(self._parents, self.setup))
        return known[2]

    def _survivors(self, parents: Sequence[Member], offspring: Sequence[Member]) -> list[Member]:
        """The best fronts, the last one cut by crowding; of equals the older."""
        return self._best_of([*parents, *offspring], self.config.population_size)

    def _best_of(self, members: Sequence[Member], num: int) -> list[Member]:
        """The best first."""
        standing = standings(members, self.setup)
        order = sorted(range(len(members)), key=lambda i: (standing[i].rank, -standing[i].crowding))
        return [members[i] for i in order[:num]]

    # --- exploitation (NSGA-Net) -----------------------------------------------------------------------------------

    def _enter(self, member: Member) -> None:
        generation, complete = self._generation, [*self._offspring, member]
        super()._enter(member)
        if self.config.exploit_generations and self._generation > generation:
            self._archive = self._best_of([*self._archive, *complete], self.config.archive_size)

    def _rules_changed(self) -> None:
        """What is allowed no more is not learnt from."""
        super()._rules_changed()
        self._archive = [member for member in self._archive if self.setup.is_feasible(member.genotype)]

    def _child(self, proposal_id: int, rng: Generator) -> Proposal:
        if not self._is_exploiting or not self._archive:
            return super()._child(proposal_id, rng)
        if self._exploits_from is None:
            self._exploits_from = proposal_id
        space, network = self.setup.space, self._network()
        known = {self._name(member.id, member.genotype) for member in self._archive}
        assert isinstance(space, Mutable)  # as `requires` says
        assert isinstance(space, Sequential)  # checked at the start

        def draw() -> Mutation:
            genotype = self._archive[0].genotype  # stands when no draw fits together
            for _ in range(NEW_TRIES):
                actions = network.draw(space, rng, self.config.marginal_probability)
                if actions is None:
                    continue
                try:
                    genotype = space.decode(actions)
                except InvalidGenotype:
                    continue
                if self.setup.space.canonical(genotype) not in known:
                    break
            return space.mutate(genotype, rng)

        try:
            drawn = self._draw_new(draw)
        except ConstraintLeavesNothing:
            return self._random(proposal_id, rng)  # as for a child that explores
        meta = {"kind": drawn.kind, "changed": list(drawn.changed), "generation": self._generation}
        return Proposal(proposal_id, drawn.genotype, operator=f"exploit+mutate:{drawn.kind}", meta=meta)

    def _network(self) -> PhaseNetwork:
        """Learnt from the better half of the archive by front, then by crowding, as the constraints stand now."""
        known = self._known_network
        if known is None or known[0] is not self._archive or known[1] is not self.setup:
            better = self._best_of(self._archive, -(-len(self._archive) // 2))
            space = self.setup.space
            assert isinstance(space, Sequential)
            network = PhaseNetwork([phases_of(space, space.encode(member.genotype)) for member in better])
            known = self._known_network = (self._archive, self.setup, network)
        return known[2]

    def _save(self) -> Mapping[str, Any]:
        archive = [member.as_json() for member in self._archive]
        return {**super()._save(), "archive": archive, "exploits_from": self._exploits_from}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._archive = [Member(**member) for member in data.get("archive", ())]  # none in older states
        since = data.get("exploits_from")
        self._exploits_from = None if since is None else int(since)

    # --- picture ---------------------------------------------------------------------------------------------------

    def views(self) -> list[View]:
        """The present parents by front, the best first; during the first generation those evaluated so far.

        `front` counts from 1; `crowding` is None at the ends of a front, where it is infinite; `phase` is that of the search
        when a member was proposed.
        """
        members = self._parents or self._offspring
        standing = standings(members, self.setup)
        order = sorted(range(len(members)), key=lambda i: (standing[i].rank, losses(members[i], self.setup)))
        shown = [(members[i], standing[i]) for i in order]
        objectives = [objective.metric for objective in self.setup.objectives]
        columns: dict[str, Any] = {
            "id": [member.id for member, _ in shown],
            "front": [place.rank + 1 for _, place in shown],
            "crowding": [place.crowding if isfinite(place.crowding) else None for _, place in shown],
            "violation": [violation(member, self.setup) for member, _ in shown],
            "objectives": {metric: [member.metrics[metric] for member, _ in shown] for metric in objectives},
            "generation": self._generation,
            "population_size": self.config.population_size,
        }
        if self.config.exploit_generations:
            since = self._exploits_from
            columns["phase"] = [
                "exploit" if since is not None and member.id >= since else "explore" for member, _ in shown
            ]
            columns["search_phase"] = "exploit" if self._is_exploiting else "explore"
        return [View("fronts", "Fronts of the population", "fronts", columns)]


def _beats(member: Member, other: Member, setup: SearchSetup) -> bool:
    """Constrained domination."""
    broken, broken_by_other = violation(member, setup), violation(other, setup)
    if broken != broken_by_other:
        return broken < broken_by_other
    # Between two that break a constraint equally much the objectives do not count.
    return broken == 0 and dominates(losses(member, setup), losses(other, setup))
