"""What the epochs of a supernet's training came to, in bounded space: of a long training every second, fourth … epoch stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_EPOCHS = 120

OF_THE_LAST = frozenset({"samples"})
"""Data that matters of the last epoch only: whole architectures, which would fill the memory of a long search."""


class History:
    """Facts of epochs (`EpochFacts.as_json`), in their order. The last one is always there."""

    def __init__(self) -> None:
        self.epochs: list[Mapping[str, Any]] = []

    def add(self, facts: Mapping[str, Any]) -> None:
        if (before := self.last) is not None:
            data = {name: value for name, value in before["data"].items() if name not in OF_THE_LAST}
            self.epochs[-1] = {**before, "data": data}
        self.epochs.append(facts)
        if len(self.epochs) > MOST_EPOCHS:
            last = self.epochs[-1]
            self.epochs = self.epochs[:-1:2]
            self.epochs.append(last)

    @property
    def last(self) -> Mapping[str, Any] | None:
        return self.epochs[-1] if self.epochs else None

    def column(self, metric: str) -> list[float | None]:
        """A metric over the epochs that are kept, None where an epoch has none."""
        return [facts["metrics"].get(metric) for facts in self.epochs]

    def as_json(self) -> list[dict[str, Any]]:
        return [dict(facts) for facts in self.epochs]

    @classmethod
    def from_json(cls, value: list[Mapping[str, Any]]) -> History:
        history = cls()
        history.epochs = list(value)
        return history
