"""The paths that a search with shared weights asked to be scored, and what they scored, in one order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """A path with its validation accuracy and loss (None where it was no number) under shared weights.

    `number` counts what was asked for, from 0; `form` is its canonical form in the space.
    """

    number: int
    path: Path
    form: str
    accuracy: float
    loss: float | None

    @property
    def rank(self) -> tuple[float, float, int]:
        """Smaller is better: accuracy, of equals the loss, of equals who came first."""
        return (-self.accuracy, inf if self.loss is None else self.loss, self.number)


class PathPool:
    """Each architecture at most once, by its canonical form. One of a job that failed stays without a score."""

    def __init__(self) -> None:
        self._asked: list[tuple[Path, str]] = []
        self._scores: dict[int, tuple[float, float | None]] = {}  # number → accuracy, loss; in the order of learning
        self._known: set[str] = set()

    def __len__(self) -> int:
        """How many were asked for."""
        return len(self._asked)

    def __contains__(self, form: object) -> bool:
        return form in self._known

    def ask(self, wanted: Mapping[str, Path]) -> int:
        """Note that these (canonical form → path) are to be scored; returns the number of the first."""
        first = len(self._asked)
        self._asked.extend((path, form) for form, path in wanted.items())
        self._known.update(wanted)
        return first

    def learn(self, first: int, accuracies: Sequence[float], losses: Sequence[float | None]) -> None:
        """What the paths from number `first` on scored."""
        for place, pair in enumerate(zip(accuracies, losses, strict=True)):
            self._scores[first + place] = pair

    def scored(self) -> Iterator[Scored]:
        """In the order in which they were learned."""
        for number, (accuracy, loss) in self._scores.items():
            yield Scored(number, *self._asked[number], accuracy, loss)

    def best_so_far(self) -> list[float]:
        """Per score the best accuracy up to then."""
        bests: list[float] = []
        for accuracy, _ in self._scores.values():
            bests.append(max(accuracy, bests[-1]) if bests else accuracy)
        return bests

    def as_json(self) -> dict[str, Any]:
        return {
            "asked": [[list(path), form] for path, form in self._asked],
            "scores": [[number, *pair] for number, pair in self._scores.items()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PathPool:
        """The inverse of `as_json`."""
        pool = cls()
        pool.ask({str(form): tuple(path) for path, form in value["asked"]})
        pool._scores = {
            int(number): (float(accuracy), None if loss is None else float(loss))
            for number, accuracy, loss in value["scores"]
        }
        return pool
