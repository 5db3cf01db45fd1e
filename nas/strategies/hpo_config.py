"""Settings of `hpo`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from nas.core.config import Config, setting

MAX_CHECKS = 100
"""Parts that a training may be cut into: each is a trial of its own."""


class HpoConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "median_pruning": {"pruner": "median"},
        "successive_halving": {"pruner": "successive_halving", "num_startup": 5},
        "quasi_random": {"sampler": "qmc"},
    }

    sampler: Literal["tpe", "nsga2", "qmc", "random"] = setting(
        "tpe",
        title="Sampler",
        description="Tree-structured Parzen estimator, NSGA-II, a quasi-random sequence, or independent draws.",
    )
    num_startup: int = setting(
        10,
        title="Random start",
        description="Results that TPE waits for before it models anything; until then it draws at random.",
        unit="trials",
        ge=1,
        le=1_000,
    )
    num_candidates: int = setting(
        24,
        title="Candidates",
        description="Draws from the good ones' density of which TPE takes the most promising.",
        ge=1,
        le=1_000,
        advanced=True,
    )
    population_size: int = setting(
        20,
        title="Population size",
        description="Of NSGA-II: architectures in a generation.",
        unit="architectures",
        ge=2,
        le=5_000,
        advanced=True,
    )
    pruner: Literal["none", "median", "percentile", "successive_halving"] = setting(
        "none",
        title="Pruner",
        description="Trains in parts and stops what is worse than others were at the same length; for one objective.",
    )
    check_every: int = setting(
        3,
        title="Check every",
        description="Length of a part, after which the pruner decides.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    max_epochs: int = setting(
        12,
        title="Longest training",
        description="With a pruner: what is never stopped trains so long, in place of the estimator's own setting.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    num_unpruned: int = setting(
        5,
        title="Never stopped before",
        description="Whole trainings that the median and percentile pruners wait for.",
        unit="trials",
        ge=0,
        le=1_000,
        advanced=True,
    )
    warmup_epochs: int = setting(
        0,
        title="Warm-up",
        description="Nothing is stopped before it trained so long.",
        unit="epochs",
        ge=0,
        le=10_000,
        advanced=True,
    )
    percentile: float = setting(
        25.0,
        title="Percentile",
        description="Of the percentile pruner: the share of trainings that goes on.",
        unit="%",
        gt=0,
        lt=100,
        advanced=True,
    )
    reduction_factor: int = setting(
        3,
        title="Reduction factor",
        description="Of successive halving: one of so many goes on, to a training so many times as long.",
        ge=2,
        le=20,
        advanced=True,
    )
    remembered: int = setting(
        1_000,
        title="Remembered trials",
        description="The sampler knows the latest trials and the best quarter of all it still has; a quarter more at times.",
        unit="trials",
        ge=20,
        le=10_000,
        advanced=True,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.pruner != "none" and len(self.checks) > MAX_CHECKS:
            raise ValueError(
                f"{self.max_epochs} epochs in parts of {self.check_every} are {len(self.checks)} checks; "
                f"at most {MAX_CHECKS} are possible: check less often"
            )
        if self.sampler == "nsga2" and 2 * self.population_size > self.remembered:
            raise ValueError(
                f"two populations ({2 * self.population_size} trials) must be remembered, got {self.remembered}"
            )
        if self.num_startup > self.remembered:
            raise ValueError(f"the random start ({self.num_startup}) must be remembered, got {self.remembered}")
        return self

    @property
    def checks(self) -> tuple[int, ...]:
        """Epochs after each part, the whole training last."""
        return (*range(self.check_every, self.max_epochs, self.check_every), self.max_epochs)

    @property
    def plans_fidelity(self) -> bool:
        """Whether it says itself how long each architecture is trained."""
        return self.pruner != "none"
