"""What a search knows of one of its islands: how far it is, what its last leg brought, how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nas.islands.curve import Curve

MOST_POINTS = 400


@dataclass
class IslandLog:
    """Attributes:
    first_leg, last_leg: proposals; the last one that ended well.
    seconds: that all legs took.
    num_lost: legs in a row that were lost.
    broken: why it cannot go on, "" while it can.
    facts, emigrants: of the last leg.
    """

    first_leg: int | None = None
    last_leg: int | None = None
    steps: int = 0
    candidates: int = 0
    seconds: float = 0.0
    num_lost: int = 0
    broken: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    emigrants: Sequence[Mapping[str, Any]] = ()
    curve: Curve = field(default_factory=lambda: Curve(MOST_POINTS))

    def as_json(self) -> dict[str, Any]:
        return {
            **vars(self),
            "facts": dict(self.facts),
            "emigrants": list(self.emigrants),
            "curve": self.curve.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> IslandLog:
        return cls(**{**value, "curve": Curve.from_json(value["curve"], MOST_POINTS)})
