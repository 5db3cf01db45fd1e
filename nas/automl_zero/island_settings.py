"""The settings of a population of programs. Real et al. 2020, arXiv 2003.03384, sections 3.2 and S3."""

from __future__ import annotations

from typing import Literal

from nas.core.config import Config, setting


class ProgramIslandSettings(Config):
    method: Literal["evolution", "random"] = setting(
        "evolution",
        title="Method",
        description="Evolution, or as a yardstick a new random program each time, scored the same way.",
    )
    population_size: int = setting(
        1_000, title="Population", description="Programs alive; the oldest dies.", unit="programs", ge=2, le=10_000
    )
    tournament_size: int = setting(
        10,
        title="Tournament",
        description="So many are drawn, the best becomes the parent.",
        unit="programs",
        ge=1,
        le=10_000,
    )
    mutation_chance: float = setting(
        0.9, title="Chance of a change", description="Else the child is a copy of its parent.", ge=0, le=1
    )
    programs_per_step: int = setting(
        5_000,
        title="Programs per step",
        description="The curve has a point per step; make it small where programs take long.",
        unit="programs",
        ge=1,
        le=1_000_000,
    )
    same_code: bool = setting(
        True,
        title="Same code",
        description="Programs whose live instructions are those of an earlier one take its fitness.",
        advanced=True,
    )
    same_predictions: bool = setting(
        True,
        title="Same predictions",
        description="So do programs that predict the same as an earlier one in a probe of 10 + 10 examples.",
        advanced=True,
    )
    fingerprint: Literal["exact", "truncated"] = setting(
        "exact",
        title="Predictions are the same",
        description="To the last bit, or where (1 - 2/π atan(error)) agrees to eight decimals.",
        advanced=True,
    )
    cache_size: int = setting(
        65_536,
        title="Remembered results",
        description="Of each of the two kinds, rounded up to a power of two.",
        unit="results",
        ge=4,
        le=1_048_576,
        advanced=True,
    )
    forget_every: int = setting(
        100,
        title="Forget after",
        description="A result found by its predictions is measured anew after so many uses; 0: never.",
        unit="uses",
        ge=0,
        le=1_000_000,
        advanced=True,
    )
    hurdles: bool = setting(
        False,
        title="Hurdle",
        description="A tenth of the tasks first; only what reaches the best quarter of the population there is scored on all.",
    )
    combination: Literal["mean", "median"] = setting(
        "mean", title="Fitness of tasks", description="Their mean, or their upper median."
    )
    budget_factor: float = setting(
        0.0,
        title="Most expensive program",
        description="Times the cost of the hand-written two-layer network; dearer ones have fitness 0. 0: no limit.",
        ge=0,
        le=1_000,
    )
    least_rise: float = setting(
        0.01,
        title="Discovery",
        description="A new best program is told where the best fitness rose by at least so much.",
        ge=0.001,
        le=1,
        advanced=True,
    )
