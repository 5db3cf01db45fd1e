"""Search for weight agnostic networks. Gaier and Ha 2019, arXiv 1906.04358, section 3, with the settings published with its code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.proposal import Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View
from nas.spaces.wann import wann_space
from nas.strategies.island_log import IslandLog
from nas.strategies.island_search import IslandSearch, IslandSearchConfig
from nas.wann.island_settings import WannIslandSettings

MOST_SHOWN = 24
"""Steps of the past that are kept for pictures; of a longer search every second, fourth … one stays."""

MOST_CONNECTIONS = 10_000
"""Of all networks of the past together; the oldest lose their drawing first, but not their numbers."""


class WannConfig(IslandSearchConfig, WannIslandSettings):
    """Presets: the published settings, whose space settings are those of the space's presets of the same names."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "laptop_digits": {"population_size": 64, "num_steps": 1_024, "steps_per_leg": 32},
        "published": {"repeats": 4, "num_steps": 2_048, "steps_per_leg": 32},
        "swingup": {"population_size": 192, "repeats": 3, "num_steps": 1_024},
        "laptop_swing": {
            "population_size": 64,
            "repeats": 3,
            "num_steps": 1_024,
            "elite_share": 0.05,
            "tournament_size": 4,
            "confirm_repeats": 16,
        },
        "mnist256": {"population_size": 960, "num_steps": 4_096, "tournament_size": 32},
    }

    num_steps: int = setting(
        512,
        title="Generations",
        description="How many generations each island lives.",
        unit="generations",
        ge=1,
        le=10_000_000,
    )
    steps_per_leg: int = setting(
        16,
        title="Generations between looks",
        description="After so many an island shows its population, its best are looked at closely, and topologies migrate.",
        unit="generations",
        ge=1,
        le=1_000_000,
    )


class WannSearch(IslandSearch):
    """Populations of topologies that are tried with several shared weights and never trained."""

    name: ClassVar[str] = "wann"
    title: ClassVar[str] = "Weight agnostic search"
    summary: ClassVar[str] = (
        "Evolves topologies that work with any one weight, one small change per child; few connections win."
    )
    source: ClassVar[str] = "Gaier and Ha 2019, arXiv 1906.04358"
    island: ClassVar[str] = "wann"
    Settings: ClassVar[type[BaseConfig]] = WannIslandSettings
    Config: ClassVar[type[BaseConfig]] = WannConfig

    def __init__(self, config: WannConfig, setup: SearchSetup) -> None:
        """Raises InvalidConfig where the space does not fit the problem."""
        super().__init__(config, setup)
        wann_space(setup.space, setup.problem)
        self._past: list[dict[str, Any]] = []  # the best of all islands after each leg, the oldest first

    def _learn_leg(self, proposal: Proposal, result: Result) -> None:
        super()._learn_leg(proposal, result)
        log = self.logs[proposal.payload["number"]]
        if result.status.is_ok and log.facts["best_reward"] is not None:
            self._remember(log)

    def _remember(self, log: IslandLog) -> None:
        facts = log.facts
        row = {
            "step": log.steps,
            "reward": facts["best_reward"],
            "connections": facts["best_connections"],
            "hidden": facts["best_hidden"],
            "levels": facts["best_levels"],
            "genotype": facts["best"],
            "activations": facts["activations"],
        }
        if self._past and self._past[-1]["step"] == log.steps:
            if row["reward"] <= self._past[-1]["reward"]:
                return
            self._past.pop()
        self._past.append(row)
        if len(self._past) > MOST_SHOWN:
            self._past = [*self._past[:-1:2], self._past[-1]]
        total = 0
        for one in reversed(self._past):
            total += one["connections"]
            if total > MOST_CONNECTIONS:
                one["genotype"] = None

    def own_views(self) -> list[View]:
        best = max(self.logs, key=lambda log: _reward(log.facts))
        views = [growth_view(self._past)]
        if _reward(best.facts) > -float("inf"):
            views += [weights_view(best.facts), topologies_view(self.logs), activations_view(self._past)]
        return views

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "past": [dict(row) for row in self._past]}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._past = [dict(row) for row in data["past"]]


def growth_view(past: Sequence[Mapping[str, Any]]) -> View:
    """The best topology after each leg: how it grew."""
    genotypes = [row["genotype"] for row in past if row["genotype"] is not None]
    drawn = iter(range(len(genotypes)))
    data = {
        "step_title": "Generation",
        "step": [row["step"] for row in past],
        "genotypes": genotypes,
        "genotype": [None if row["genotype"] is None else next(drawn) for row in past],
        "facts": [
            ["Mean reward", [row["reward"] for row in past]],
            ["Connections", [row["connections"] for row in past]],
            ["Hidden nodes", [row["hidden"] for row in past]],
            ["Levels", [row["levels"] for row in past]],
        ],
        "caption": "The best topology so far, confirmed on other examples or episodes than those it was found with.",
    }
    return View("best_topology", "The best topology as it grew", "growth", data)


def weights_view(facts: Mapping[str, Any]) -> View:
    """What the best of the last generation reaches with each shared weight."""
    data = {
        "weight": facts["weights"],
        "reward": facts["rewards_by_weight"],
        **({"accuracy": facts["accuracies_by_weight"]} if facts["accuracies_by_weight"] else {}),
    }
    return View("shared_weights", "The best topology with each shared weight", "shared_weights", data)


def topologies_view(logs: Sequence[IslandLog]) -> View:
    """The last generation of each island: a point per topology."""
    shown = [(number, log.facts) for number, log in enumerate(logs, start=1) if log.facts]
    data = {
        "island": [number for number, facts in shown for _ in facts["mean_reward"]],
        **{
            name: [value for _, facts in shown for value in facts[name]]
            for name in ("mean_reward", "peak_reward", "connections", "hidden")
        },
    }
    return View("topologies", "Rewards and connections of the last generation", "topologies", data)


def activations_view(past: Sequence[Mapping[str, Any]]) -> View:
    """The share of each activation among the hidden nodes of the population, over generations."""
    names = [name for name, _number in past[-1]["activations"]] if past else []
    numbers = [dict(row["activations"]) for row in past]
    totals = [max(1, sum(of_row.values())) for of_row in numbers]
    data = {
        "x": [str(row["step"]) for row in past],
        "y": names,
        "z": [
            [round(of_row.get(name, 0) / total, 4) for of_row, total in zip(numbers, totals, strict=True)]
            for name in names
        ],
    }
    return View("activation_shares", "Activations of the population over generations", "activation_shares", data)


def _reward(facts: Mapping[str, Any]) -> float:
    found = facts.get("best_reward")
    return -float("inf") if found is None else float(found)
