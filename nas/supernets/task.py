"""What a job is told about the shared weights it works on. No torch: strategies write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nas.core.setup import SearchSetup


@dataclass(frozen=True, slots=True)
class SupernetTask:
    """One leg of a training, or the training whose weights score architectures.

    Attributes:
      training: its name in `nas.registry.supernet_trainings`.
      settings: its configuration, as JSON.
      from_epoch, until_epoch: where the leg begins and ends, in epochs of the whole training.
      known: canonical form of the architecture that the leg before would have chosen; "" for none.
      constraints, forbidden: the rules for architectures when the leg was asked for, which a person may have changed since
        the search began.
    """

    training: str
    settings: Mapping[str, Any]
    from_epoch: int
    until_epoch: int
    known: str = ""
    constraints: Sequence[Mapping[str, Any]] = ()
    forbidden: Sequence[str] = ()

    def ruled(self, setup: SearchSetup) -> SearchSetup:
        """`setup` with the rules of this task."""
        return setup.under(self.constraints, self.forbidden)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SupernetTask:
        """The inverse of `as_json`."""
        return cls(**value)
