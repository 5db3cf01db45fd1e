"""Strategies that can serve another device after their search, without any further training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from numpy.random import Generator

from nas.core.proposal import Genotype


@dataclass(frozen=True, slots=True)
class Specialisation:
    """An architecture within a limit.

    Attributes:
      predicted: what a model expects of its accuracy with shared weights.
      cost, price, limit: the metric that is limited, what the architecture has of it, and the most it may have.
    """

    genotype: Genotype
    predicted: float
    cost: str
    price: float
    limit: float


@runtime_checkable
class Specialises(Protocol):
    def specialise_for(self, target: Mapping[str, Any], rng: Generator) -> Specialisation:
        """The best architecture for a device; seconds at most, numpy only.

        Args:
          target: "cost" ("macs", "params", "latency_ms"), "limit", and for latency "latency_table".

        Raises InvalidConfig with one error per wrong field, at "" while the search knows too little yet, and
        ConstraintLeavesNothing when the limits of the search leave nothing.
        """
        ...
