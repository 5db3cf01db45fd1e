"""One size of a progressive search: who grows, in which ways, and what of that was evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Ways = tuple[int, ...]

LOOKED_AT = 1_000
"""Of a ranking, from its beginning, and as many of the rest: what costs too much is found out in a third of a second."""


@dataclass(frozen=True, slots=True)
class Grown:
    """An architecture that may grow: the trial it was evaluated in (None for nothing at all), and how it was made."""

    id: int | None
    ways: Ways


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A result that may grow on; the better one is the smaller one."""

    violation: float
    loss: float
    id: int
    ways: Ways


@dataclass(slots=True)
class Level:
    """Candidates are numbered: parent · number of ways + way.

    Attributes:
      size: steps of its candidates, from 1.
      parents: what is extended; one that is nothing for the first level.
      tried: (num_parents, num_ways), whether a candidate was proposed.
      kept: its results that did not grow in vain, best first.
      num_trained, num_failed: results so far.
    """

    size: int
    parents: list[Grown]
    num_ways: int
    tried: npt.NDArray[np.bool_] = field(init=False)
    kept: list[Kept] = field(default_factory=list)
    num_trained: int = 0
    num_failed: int = 0

    def __post_init__(self) -> None:
        self.tried = np.zeros((len(self.parents), self.num_ways), dtype=np.bool_)

    @property
    def num_candidates(self) -> int:
        return self.tried.size

    def ways_of(self, number: int) -> Ways:
        parent, way = divmod(number, self.num_ways)
        return (*self.parents[parent].ways, way)

    def parent_of(self, number: int) -> int | None:
        return self.parents[number // self.num_ways].id

    def mark(self, number: int) -> None:
        self.tried[divmod(number, self.num_ways)] = True

    def keep(self, result: Kept, most: int) -> None:
        """If it is among the best so many."""
        self.kept = sorted([*self.kept, result])[:most]

    def tried_numbers(self) -> list[int]:
        found: list[int] = np.flatnonzero(self.tried).tolist()
        return found

    def ranked(self, scores: npt.NDArray[np.float64] | None, rng: Generator) -> npt.NDArray[np.int64]:
        """Candidates that were not tried, best first; in random order without scores (num_parents, num_ways)."""
        if scores is None:
            scores = rng.random(self.tried.shape)
        order = np.argsort(-np.round(scores.ravel(), 5), kind="stable")  # the last digits differ between machines
        untried: npt.NDArray[np.int64] = order[~self.tried.ravel()[order]]
        return untried

    def as_json(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "parents": [[parent.id, list(parent.ways)] for parent in self.parents],
            "kept": [[kept.violation, kept.loss, kept.id, list(kept.ways)] for kept in self.kept],
            "num_trained": self.num_trained,
            "num_failed": self.num_failed,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], num_ways: int) -> Level:
        """As it was, but for `tried`."""
        parents = [Grown(None if number is None else int(number), tuple(ways)) for number, ways in value["parents"]]
        level = cls(int(value["size"]), parents, num_ways)
        level.kept = [Kept(violation, loss, number, tuple(ways)) for violation, loss, number, ways in value["kept"]]
        level.num_trained, level.num_failed = int(value["num_trained"]), int(value["num_failed"])
        return level


def looked_at(ranked: npt.NDArray[np.int64], limit: int) -> Iterator[int]:
    """The best `limit` of a ranking, then as many of the rest, evenly over it: a limit on costs may rule out all the best."""
    yield from ranked[:limit].tolist()
    rest = ranked[limit:]
    if len(rest):
        yield from rest[np.unique(np.linspace(0, len(rest) - 1, limit).astype(np.int64))].tolist()
