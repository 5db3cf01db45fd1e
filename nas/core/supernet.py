"""Where estimators find trained supernets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class StoredSupernet:
    """Shared weights that a search left behind.

    Attributes:
      name: for people.
      training: how they were trained, a name in `nas.registry.supernet_trainings`.
      settings: of that training, as JSON.
      epochs: trained so far.
      space, problem: fingerprints of what they were trained for.
      fingerprint: of the weights themselves.
      checkpoint: reads them. Raises InvalidData when they are gone.
    """

    name: str
    training: str
    settings: Mapping[str, Any]
    epochs: int
    space: str
    problem: str
    fingerprint: str
    checkpoint: Callable[[], bytes]


class SupernetLibrary(Protocol):
    """Stored supernets by reference: a run's id on the platform, a file on the command line."""

    def load_supernet(self, reference: str) -> StoredSupernet:
        """Raises UnknownName when there is none, InvalidData when it cannot be read."""
        ...
