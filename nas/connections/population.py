"""The members of a population of connections, who survives and who becomes a parent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.connections.expected import expected_scores
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
      score: larger is better, WORST where there is none: the mean, or where luck is known what is expected of it.
      metrics: finite numbers of its last training.
      trainings: from scratch, of which `mean` is the mean score and `spread` the sum of squared deviations.
    """

    wires: Wires
    origin: frozenset[Edge]
    born: int
    operator: str
    score: float = WORST
    metrics: Mapping[str, float] = field(default_factory=dict)
    trainings: int = 0
    mean: float = WORST
    spread: float = 0.0

    @property
    def genotype(self) -> Genotype:
        return genotype_of(self.wires)

    def trained(self, score: float, metrics: Mapping[str, float], *, again: bool) -> Member:
        """With the score of one more training, or `again` false, of its only one; one that failed wipes out the others."""
        num = self.trainings if again and min(score, self.mean) > WORST else 0
        gap = score - self.mean if num else 0.0
        mean = score - gap * num / (num + 1)
        spread = self.spread + gap * (score - mean) if num else 0.0
        return replace(self, score=mean, metrics=finite(metrics), trainings=num + 1, mean=mean, spread=spread)

    def as_json(self) -> dict[str, Any]:
        return {
            "genotype": self.genotype,
            "origin": sorted(map(list, self.origin)),
            "born": self.born,
            "operator": self.operator,
            "score": self.score,
            "metrics": dict(self.metrics),
            "trainings": self.trainings,
            "mean": self.mean,
            "spread": self.spread,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Member:
        plain = {name: value[name] for name in ("born", "operator", "score", "metrics", "trainings", "mean", "spread")}
        return cls(wires_of(value["genotype"]), edges_of(value["origin"]), **plain)


def expected(members: Sequence[Member]) -> list[Member]:
    """With the scores that are expected of them, in their order; WORST stays."""
    sound = [place for place, member in enumerate(members) if member.mean > WORST]
    columns = ([getattr(members[place], name) for place in sound] for name in ("mean", "spread", "trainings"))
    found = list(members)
    for place, score in zip(sound, expected_scores(*columns), strict=True):
        found[place] = replace(members[place], score=float(score))
    return found


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
