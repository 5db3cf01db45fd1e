"""Which strategies race on which ground: a name, or a name and a preset ("bayesian:bananas"); else the form's defaults."""

from __future__ import annotations

from typing import Any

from nas.registry import strategies

RANDOM = "random"

_ANYWHERE = (
    RANDOM,
    "genetic",
    "genetic:textbook",
    "tournament",
    "aging_evolution",
    "nsga2",
    "local_search",
    "reinforce",
    "reinforce:paper",
    "ppo",
    "bayesian",
    "bayesian:bananas",
    "progressive",
    "hpo",
)
_SCHEDULERS = ("hyperband", "asha", "bohb", "median_stopping", "hurdles")

ARMS: dict[str, tuple[str, ...]] = {"table": _ANYWHERE, "digits": (*_ANYWHERE, *_SCHEDULERS)}
"""No schedulers on the table: it holds one short training and one long, each with a schedule of its own."""


def strategy_of(arm: str) -> tuple[str, dict[str, Any]]:
    """The registered name and the settings. Raises KeyError for a preset that is not there."""
    name, _, preset = arm.partition(":")
    return name, dict(strategies.get(name).Config.presets[preset]) if preset else {}
