"""An island: a population that one worker advances by itself, step by step, between two visits of the others.

Where one candidate takes micro- to milliseconds, a proposal per candidate would cost more than its evaluation. A job of the
kind `evolve` advances an island by many steps instead; what it finds worth a look becomes an ordinary proposal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy.typing as npt
from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup


class Warm(Protocol):
    """What a worker keeps between jobs: `make()` under `key`, for example data in the form that the island reads."""

    def __call__(self, key: str, make: Callable[[], Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class IslandPlace:
    """Where an island lives.

    Attributes:
      seed: of all its draws; another one for each island of a run.
      number: 0, 1, 2 … among the islands of the run.
      device: "cpu", "cuda:0" …
    """

    seed: int
    number: int
    device: str
    cached: Warm


@dataclass(frozen=True, slots=True)
class IslandState:
    """All that an island is, between two steps: JSON, and arrays by name."""

    data: Mapping[str, Any]
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Migrant:
    """A candidate that travels. `score`: what its home ranked it by, larger is better; `data`: what else it brings (JSON)."""

    genotype: Genotype
    score: float
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"genotype": self.genotype, "score": self.score, "data": dict(self.data)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Migrant:
        return cls(**value)


class Island(ABC):
    """A subclass writes one search method. All it draws comes from `IslandPlace.seed` and the number of the step, or from
    generators that are part of its state: restored from `state()` it goes on bit for bit.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BaseConfig]]

    def __init__(self, config: Any, setup: SearchSetup, at: IslandPlace) -> None:
        """The first population, not scored yet. Raises InvalidConfig where the method cannot work on this space or problem."""
        self.config = config
        self.setup = setup
        self.at = at

    @property
    @abstractmethod
    def num_steps(self) -> int:
        """Steps done since the beginning."""

    @property
    @abstractmethod
    def num_candidates(self) -> int:
        """Candidates looked at since the beginning, also those that a cache answered."""

    @abstractmethod
    def step(self) -> Mapping[str, float]:
        """The smallest piece of work (a generation, some thousand programs), well under a second where that can be had.

        Returns a point of the live curve; not finite where there is no number. A candidate that cannot be scored gets the
        worst score and never raises.
        """

    @abstractmethod
    def best(self, num: int) -> Sequence[Genotype]:
        """Up to `num` different ones that deserve an evaluation of their own, the best first."""

    def weights_of(self, genotype: Genotype) -> Mapping[str, npt.NDArray[Any]] | None:
        """Of one of its best: its weights here, named as in the state dict of the network that the space builds; None where
        the island trains no networks.
        """
        return None

    @abstractmethod
    def facts(self) -> Mapping[str, Any]:
        """What pages show of the population as it is now: JSON, finite numbers, under 50 kB."""

    @abstractmethod
    def emigrants(self, num: int, rng: Generator) -> Sequence[Migrant]:
        """Up to `num` that set out. They stay here too."""

    @abstractmethod
    def immigrate(self, migrants: Sequence[Migrant], rng: Generator) -> None:
        """Take them in, in place of others. They come from islands of the same run, scored by the same rule."""

    @abstractmethod
    def state(self) -> IslandState: ...

    @abstractmethod
    def restore(self, state: IslandState) -> None:
        """Become what wrote `state`. Raises StateMismatch where that was another configuration."""
