"""NSGA-II. Deb, Pratap, Agarwal and Meyarivan 2002, IEEE Transactions on Evolutionary Computation 6(2), sections III and VI.

Deviations: crossover and mutation are those of the space; crowding is computed anew among the survivors; the population
may be renewed after every result instead of once per generation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.random import Generator

from nas.analysis.pareto import dominates
from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.core.config import setting
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.generational import Generational, GenerationalConfig
from nas.strategies.population import Member, losses, violation


class Nsga2Config(GenerationalConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "nsga_net": {"population_size": 40},
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
        self._known_standings: tuple[Sequence[Member], SearchSetup, list[Standing]] | None = None

    @property
    def _num_offspring(self) -> int:
        return 1 if self.config.renewal == "every_result" else self.config.population_size

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
        everyone = [*parents, *offspring]
        standing = standings(everyone, self.setup)
        order = sorted(range(len(everyone)), key=lambda i: (standing[i].rank, -standing[i].crowding))
        return [everyone[i] for i in order[: self.config.population_size]]

    def views(self) -> list[View]:
        """The present parents by front, the best first; during the first generation those evaluated so far.

        `front` counts from 1; `crowding` is None at the ends of a front, where it is infinite.
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
        return [View("fronts", "Fronts of the population", "fronts", columns)]


def _beats(member: Member, other: Member, setup: SearchSetup) -> bool:
    """Constrained domination."""
    broken, broken_by_other = violation(member, setup), violation(other, setup)
    if broken != broken_by_other:
        return broken < broken_by_other
    # Between two that break a constraint equally much the objectives do not count.
    return broken == 0 and dominates(losses(member, setup), losses(other, setup))
