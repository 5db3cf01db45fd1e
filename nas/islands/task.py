"""What a job is told about the island it advances. No torch: strategies write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nas.core.setup import SearchSetup


@dataclass(frozen=True, slots=True)
class IslandTask:
    """One leg of an island's life.

    Attributes:
      island: its kind, a name in `nas.registry.islands`.
      settings: its configuration, as JSON.
      number: 0, 1, 2 … among the islands of the run.
      seed: of all that the island draws.
      from_step, until_step: where the leg begins and ends, in steps of the island's whole life.
      total_steps: how many steps the whole life is meant to have.
      num_best: architectures it names at the end for an evaluation of their own.
      hands_down: whether the weights of those are stored, for their evaluations to begin with.
      num_emigrants: candidates it names at the end for other islands.
      immigrants: those that arrive before its first step (`Migrant.as_json`).
      constraints, forbidden: the rules for architectures when the leg was asked for.
    """

    island: str
    settings: Mapping[str, Any]
    number: int
    seed: int
    from_step: int
    until_step: int
    total_steps: int
    num_best: int = 1
    hands_down: bool = False
    num_emigrants: int = 0
    immigrants: Sequence[Mapping[str, Any]] = ()
    constraints: Sequence[Mapping[str, Any]] = ()
    forbidden: Sequence[str] = ()

    def ruled(self, setup: SearchSetup) -> SearchSetup:
        """`setup` with the rules of this task."""
        return setup.under(self.constraints, self.forbidden)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> IslandTask:
        """The inverse of `as_json`."""
        return cls(**value)
