"""What a strategy noticed about its own search and people should know: a mark on the run's timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed while learning from one result.

    Attributes:
      number: counts the findings of a strategy from 0.
      kind: what sort of thing it is ("collapse").
      text: one or two sentences.
      stops: whether the strategy ends something because of it.
    """

    number: int
    kind: str
    text: str
    stops: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """The inverse of `as_json`."""
        return cls(**value)


@runtime_checkable
class Noticing(Protocol):
    """A strategy that notices things."""

    def findings(self) -> Sequence[Finding]:
        """All of them so far, in order; few. They depend on nothing but what was told, so a replay gives the same."""
        ...
