"""The members of a population of connections, who survives and who becomes a parent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.connections.variation import Edge, Wires, edges_of, genotype_of, wires_of
from nas.core.proposal import Genotype

WORST = -1e9
"""The score of a candidate whose outputs are not finite."""


@dataclass(frozen=True, slots=True)
class Member:
    """A candidate.

    Attributes:
      origin: the edges of the random network that it descends from.
      born: the generation it came in; `operator`: how.
      score: larger is better, WORST where there is none.
      metrics: finite numbers of its last training.
      trainings: from scratch, over which `score` is the mean.
    """

    wires: Wires
    origin: frozenset[Edge]
    born: int
    operator: str
    score: float = WORST
    metrics: Mapping[str, float] = field(default_factory=dict)
    trainings: int = 0

    @property
    def genotype(self) -> Genotype:
        return genotype_of(self.wires)

    def as_json(self) -> dict[str, Any]:
        return {
            "genotype": self.genotype,
            "origin": sorted(map(list, self.origin)),
            "born": self.born,
            "operator": self.operator,
            "score": self.score,
            "metrics": dict(self.metrics),
            "trainings": self.trainings,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Member:
        plain = {name: value[name] for name in ("born", "operator", "score", "metrics", "trainings")}
        return cls(wires_of(value["genotype"]), edges_of(value["origin"]), **plain)


def standings(members: Sequence[Member], *, counts_edges: bool) -> list[tuple[int, float]]:
    """(front, -crowding) of each: smaller is better. Score, and the number of edges where it counts."""
    columns = [[-member.score, float(len(member.wires.edges))][: 1 + counts_edges] for member in members]
    losses = np.array(columns)
    ranks = non_dominated_ranks(losses)
    crowding = np.empty(len(members))
    for rank in np.unique(ranks):
        crowding[ranks == rank] = crowding_distances(losses[ranks == rank])
    return [(int(rank), -float(distance)) for rank, distance in zip(ranks, crowding, strict=True)]


def survivors(members: Sequence[Member], num: int, *, counts_edges: bool) -> list[int]:
    """Places of those that live on, the best first: whole fronts, the last cut by crowding; of equals the first ones."""
    standing = standings(members, counts_edges=counts_edges)
    return sorted(range(len(members)), key=lambda place: (*standing[place], place))[:num]


def tournament(standing: Sequence[tuple[int, float]], rng: Generator) -> int:
    """The place of the better of two that are drawn; of equals the first."""
    first, second = (int(place) for place in rng.choice(len(standing), size=2, replace=False))
    return second if standing[second] < standing[first] else first


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
