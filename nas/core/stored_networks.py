"""Which trained networks of a search later trainings may begin with, in bounded number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nas.core.objective import Objective
from nas.core.proposal import EVALUATE, Proposal
from nas.core.result import Result

MOST_NETWORKS = 100


class StoredNetworks:
    """The latest networks, and the best of all. A child begins with its parent's; what has none with the best."""

    def __init__(self) -> None:
        self._losses: dict[int, float] = {}  # proposal → loss of the first objective, the latest last

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self._losses)

    def begin(self, proposal: Proposal) -> Proposal:
        """The proposal with the network it begins with, if there is one. A continued training goes on with its own."""
        if proposal.kind != EVALUATE:
            return proposal
        inherits = proposal.inherits
        if inherits is None and proposal.continues is None:
            inherits = next((parent for parent in proposal.parents if parent in self._losses), self._best)
        return replace(proposal, inherits=inherits, keeps_network=True)

    def learn(self, proposal: Proposal, result: Result, objective: Objective) -> None:
        """One that ended; it is kept when it was trained well."""
        if proposal.kind != EVALUATE or not result.status.is_ok:
            return
        self._losses[proposal.id] = objective.loss(result.metrics[objective.metric])
        if len(self._losses) > MOST_NETWORKS:
            del self._losses[next(number for number in self._losses if number != self._best)]

    @property
    def _best(self) -> int | None:
        return min(self._losses, key=lambda number: self._losses[number], default=None)

    def as_json(self) -> list[list[Any]]:
        return [[number, loss] for number, loss in self._losses.items()]

    @classmethod
    def from_json(cls, value: Sequence[Sequence[Any]]) -> StoredNetworks:
        """The inverse of `as_json`."""
        networks = cls()
        networks._losses = {int(number): float(loss) for number, loss in value}
        return networks
