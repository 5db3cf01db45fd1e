"""Search for optimal connections: random wiring (Xie et al. 2019, arXiv 1904.01569) as the start of a genetic algorithm.

Which connection is worth having depends on the task, so the connection matrix is treated as a parameter and a task's score is
maximised over it. Populations are trained as one network each (nas/connections/); what they call their best is trained by the
run's estimator as any other architecture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nas.connections.config import ConnectionSettings
from nas.connections.searchable import scored_metric
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import InvalidConfig
from nas.core.estimator import InheritsWeights
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.strategies.connection_views import fronts_view, growth_view, matrix_view, structure_view
from nas.strategies.island_search import IslandSearch, IslandSearchConfig

MOST_SHOWN = 24
"""Legs of the past that are kept for pictures; of a longer search every second, fourth … one stays."""


class ConnectionSearchConfig(IslandSearchConfig, ConnectionSettings):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"population_size": 16, "num_steps": 12, "steps_per_leg": 3},
        "islands": {"num_islands": 4, "num_migrants": 4},
        "from_scratch": {"inherit": "none"},
        "trained_networks": {"hands_down": True, "minimises_edges": False},
    }

    num_steps: int = setting(
        40,
        title="Generations",
        description="How many generations each island lives, the random one included.",
        unit="generations",
        ge=1,
        le=100_000,
    )
    steps_per_leg: int = setting(
        4,
        title="Generations between looks",
        description="After so many an island shows its population, its best are looked at closely, and wirings migrate.",
        unit="generations",
        ge=1,
        le=10_000,
    )
    num_looked_at: int = setting(
        2,
        title="Looked at closely",
        description="How many of an island's best the estimator trains by themselves after each leg, where they are new.",
        unit="architectures",
        ge=1,
        le=100,
    )
    hands_down: bool = setting(
        False,
        title="Hand weights down",
        description="Those looked at closely go on from the weights that the island trained, and each look counts; off: they are "
        "trained from scratch, each wiring once.",
    )


class ConnectionSearch(IslandSearch):
    """Connection matrices evolve from random ones; their networks are trained together, and children inherit weights."""

    name: ClassVar[str] = "connection_search"
    title: ClassVar[str] = "Connection search"
    summary: ClassVar[str] = (
        "Evolves connection matrices from random wiring on; the networks of a generation are trained as one."
    )
    source: ClassVar[str] = "Start: Xie et al. 2019, arXiv 1904.01569; survival: Deb et al. 2002 (NSGA-II)"
    island: ClassVar[str] = "connections"
    Settings: ClassVar[type[BaseConfig]] = ConnectionSettings
    Config: ClassVar[type[BaseConfig]] = ConnectionSearchConfig

    def __init__(self, config: ConnectionSearchConfig, setup: SearchSetup) -> None:
        """Raises InvalidConfig for another space than `connections` and where no objective is measured by training."""
        super().__init__(config, setup)
        self._metric = scored_metric(setup)
        if config.hands_down and not isinstance(setup.estimator, InheritsWeights):
            raise InvalidConfig.at(
                "hands_down",
                f"the estimator {setup.estimator.title} trains no networks, so it cannot go on from weights; switch it off",
            )
        self._past: list[dict[str, Any]] = []  # of the best island after each leg, the oldest first

    @property
    def hands_down(self) -> bool:
        return bool(self.config.hands_down)

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        super()._learn_leg(proposal, result)
        if result.status.is_ok:
            log = self.logs[proposal.payload["number"]]
            self._remember(log.steps, log.facts)

    def _remember(self, step: int, facts: Mapping[str, Any]) -> None:
        best = facts["best"]
        row = {
            "step": step,
            "score": best["score"],
            "value": best["metrics"].get(self._metric),
            "edges": len(best["genotype"]["edges"]),
            "genotype": best["genotype"],
            "depth": facts["paths"]["depth"],
            "mean_length": facts["paths"]["mean_length"],
            "front": facts["front"],
        }
        if self._past and self._past[-1]["step"] == step:
            if row["score"] <= self._past[-1]["score"]:
                return
            self._past.pop()
        self._past.append(row)
        if len(self._past) > MOST_SHOWN:
            self._past = [*self._past[:-1:2], self._past[-1]]

    def own_views(self) -> list[View]:
        shown = [log.facts for log in self.logs if log.facts]
        if not shown:
            return []
        best = max(shown, key=lambda facts: facts["best"]["score"])
        return [
            growth_view(self._past, self._metric),
            matrix_view(best["matrix"]),
            fronts_view(self._past, self._metric),
            structure_view(best["degrees"], best["paths"]),
        ]

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "past": [dict(row) for row in self._past]}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._past = [dict(row) for row in data["past"]]
