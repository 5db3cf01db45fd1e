"""The settings of a population of topologies. Gaier and Ha 2019, arXiv 1906.04358; numbers of the code published with it."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nas.core.config import Config, setting
from nas.wann.ranking import Crowding

SEARCH_WEIGHTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
"""The six values of the paper."""


class WannIslandSettings(Config):
    population_size: int = setting(
        128, title="Population", description="Topologies of a generation.", unit="topologies", ge=4, le=4_096
    )
    shared_weights: tuple[float, ...] = setting(
        SEARCH_WEIGHTS,
        title="Shared weights",
        description="Each topology is tried with each of these values for all its connections.",
        min_length=1,
        max_length=32,
    )
    repeats: int = setting(
        1,
        title="Trials per weight",
        description="Batches of examples, or episodes, over which each reward is a mean.",
        unit="trials",
        ge=1,
        le=100,
    )
    batch_size: int = setting(
        1_000,
        title="Examples per generation",
        description="Drawn from the training part once per generation, the same for all. Unused where networks act.",
        unit="examples",
        ge=10,
        le=100_000,
    )
    simplicity_chance: float = setting(
        0.8,
        title="Chance of simplicity",
        description="How often a generation is ranked by mean reward and few connections; else by mean and best reward.",
        ge=0,
        le=1,
    )
    cull_share: float = setting(
        0.2, title="Culled", description="Share of the worst that have no children.", ge=0, le=0.9
    )
    elite_share: float = setting(
        0.2, title="Elites", description="Share of the others that live on unchanged, and are tried again.", ge=0, le=1
    )
    tournament_size: int = setting(
        8,
        title="Tournament",
        description="Two tournaments of so many are held and the better winner is the parent: in effect one of twice as many.",
        unit="topologies",
        ge=1,
        le=1_024,
    )
    crowding: Crowding = setting(
        "range",
        title="Crowding distance",
        description="Gaps relative to the range of a front, or scaled as in the published code, where brackets are missing.",
        advanced=True,
    )
    confirm_every: int = setting(
        8,
        title="Confirmed every",
        description="After so many generations the best is tried again under new conditions before it becomes the best of all.",
        unit="generations",
        ge=1,
        le=1_000,
        advanced=True,
    )
    confirm_repeats: int = setting(
        20,
        title="Trials to confirm",
        description="So many, which no generation uses.",
        unit="trials",
        ge=1,
        le=1_000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _weights_differ(self) -> Self:
        if len(set(self.shared_weights)) < len(self.shared_weights):
            raise ValueError("shared weights must differ from each other")
        if not all(-100 <= weight <= 100 for weight in self.shared_weights):
            raise ValueError("shared weights are from -100 to 100")
        return self
