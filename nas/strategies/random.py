"""Random search. Bergstra & Bengio 2012 (JMLR 13); for architectures Li & Talwalkar 2019, arXiv 1902.07638.

Deviation: on request an architecture is not proposed twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from numpy.random import Generator

from nas.core.config import Config, setting
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell


class RandomSearchConfig(Config):
    avoid_duplicates: bool = setting(
        False,
        title="Avoid duplicates",
        description="Never propose a network that was already proposed. Off is plain random search, the honest baseline.",
    )
    remembered: int = setting(
        10_000,
        title="Remembered architectures",
        description="How many of the latest proposals the search for duplicates looks back at.",
        unit="architectures",
        advanced=True,
        ge=1,
        le=100_000,
    )


class RandomSearch(AskTell):
    """Draws as the space's rule says, until the draw meets the constraints on costs.

    With `avoid_duplicates` it ends by itself once `nas.core.strategy.MAX_TRIES` draws bring nothing new. What it remembers is the
    `remembered` latest canonical forms, 64 bits each: two networks share them by chance with probability 3·10⁻¹² in
    10,000, and the worst that happens is one network never tried.
    """

    name = "random"
    title = "Random search"
    summary = "Draws every architecture independently of what was learned; the baseline every other strategy must beat."
    source = "Li & Talwalkar 2019, arXiv 1902.07638"
    Config = RandomSearchConfig

    config: RandomSearchConfig

    def __init__(self, config: RandomSearchConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._seen: dict[str, None] = {}  # an ordered set: the oldest is forgotten first
        self._found_nothing_new = False

    def _is_exhausted(self) -> bool:
        return self._found_nothing_new

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        for genotype in self._feasible(lambda: self.setup.sample(rng)):
            if not self.config.avoid_duplicates or self._is_new(genotype):
                return Proposal(id=proposal_id, genotype=genotype, operator="random")
        self._found_nothing_new = True
        return None

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """Nothing: that is the point of it."""

    def _rules_changed(self) -> None:
        self._found_nothing_new = False  # what was out of reach may be allowed now

    def _is_new(self, genotype: Genotype) -> bool:
        """Whether it is not remembered; from now on it is."""
        digest = hashlib.sha256(self.setup.space.canonical(genotype).encode()).hexdigest()[:16]
        if digest in self._seen:
            return False
        self._seen[digest] = None
        if len(self._seen) > self.config.remembered:
            del self._seen[next(iter(self._seen))]
        return True

    def _save(self) -> Mapping[str, Any]:
        return {"seen": list(self._seen), "found_nothing_new": self._found_nothing_new}

    def _load(self, data: Mapping[str, Any]) -> None:
        self._seen = dict.fromkeys(data["seen"])
        self._found_nothing_new = bool(data["found_nothing_new"])
