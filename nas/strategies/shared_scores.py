"""What architectures scored with shared weights, in bounded space: of very many, the worst are forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST_SCORES = 1_000


@dataclass(frozen=True, slots=True)
class SharedScore:
    """One architecture as the job reported it.

    Attributes:
      proposal, serial: which trial it became.
      canonical: its canonical form in the space.
      accuracy: on validation examples, with shared weights.
      cost: in the metric that the pictures of this search use, None where it is unknown.
      generation: of the search among paths; None where there are none.
    """

    proposal: int
    serial: int
    canonical: str
    accuracy: float
    cost: float | None
    generation: int | None

    def as_json(self) -> list[Any]:
        return [self.proposal, self.serial, self.canonical, self.accuracy, self.cost, self.generation]

    @classmethod
    def from_json(cls, value: list[Any]) -> SharedScore:
        """The inverse of `as_json`."""
        return cls(*value)


class SharedScores:
    """The best MOST_SCORES, each architecture once with its latest score."""

    def __init__(self) -> None:
        self._by_form: dict[str, SharedScore] = {}

    def __len__(self) -> int:
        return len(self._by_form)

    def add(self, score: SharedScore) -> None:
        self._by_form.pop(score.canonical, None)
        self._by_form[score.canonical] = score
        if len(self._by_form) > MOST_SCORES:
            worst = min(self._by_form.values(), key=lambda each: (each.accuracy, -each.proposal, -each.serial))
            del self._by_form[worst.canonical]

    def all(self) -> list[SharedScore]:
        """In the order in which they were scored last."""
        return list(self._by_form.values())

    def of(self, canonical: str) -> float | None:
        known = self._by_form.get(canonical)
        return None if known is None else known.accuracy

    def as_json(self) -> list[list[Any]]:
        return [score.as_json() for score in self._by_form.values()]

    @classmethod
    def from_json(cls, value: list[list[Any]]) -> SharedScores:
        """The inverse of `as_json`."""
        scores = cls()
        for each in value:
            scores.add(SharedScore.from_json(each))
        return scores
