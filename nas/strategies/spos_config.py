"""The settings of single-path one-shot search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from nas.core.config import setting
from nas.strategies.shared_score_config import SharedScoreConfig, TimedPathsConfig
from nas.supernets.single_path_recipe import SinglePathRecipe

MOST_SCORED = 10_000


class SposConfig(SharedScoreConfig, TimedPathsConfig, SinglePathRecipe):
    """`paper`: what Guo et al. published for ImageNet; 150,000 steps of 1,024 images are 120 epochs."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "epochs": 120,
            "batch_size": 1024,
            "learning_rate": 0.5,
            "last_learning_rate": 0.0,
            "schedule": "linear",
            "weight_decay": 4e-5,
            "label_smoothing": 0.1,
            "gradient_clip": None,
            "population": 50,
            "generations": 20,
            "kept": 10,
            "mutants": 25,
            "crossovers": 25,
            "calibration_batches": 200,
        }
    }

    population: int = setting(
        12,
        title="Population",
        description="Architectures scored in each generation.",
        unit="architectures",
        ge=2,
        le=1000,
    )
    generations: int = setting(
        5,
        title="Generations",
        description="The first one is random.",
        unit="generations",
        ge=1,
        le=1000,
    )
    kept: int = setting(
        4,
        title="Parents",
        description="The best so far, of all generations; each child has its parents among them.",
        unit="architectures",
        ge=1,
        le=1000,
    )
    mutants: int = setting(
        6,
        title="Mutants",
        description="Children of one parent, in each generation.",
        unit="architectures",
        ge=0,
        le=1000,
    )
    crossovers: int = setting(
        6,
        title="Crossovers",
        description="Children of two parents, in each generation; random ones fill up the population.",
        unit="architectures",
        ge=0,
        le=1000,
    )
    mutation_probability: float = setting(
        0.1,
        title="Mutation probability",
        description="For each choice of a mutant, that it is drawn anew.",
        gt=0,
        le=1,
        advanced=True,
    )
    random_beside: bool = setting(
        True,
        title="Random paths beside it",
        description="As many random architectures are scored with the same weights, to see what evolution adds.",
    )

    @model_validator(mode="after")
    def _children_fit(self) -> Self:
        if self.mutants + self.crossovers > self.population:
            raise ValueError(
                f"mutants and crossovers ({self.mutants} + {self.crossovers}) must not be more than the population "
                f"({self.population})"
            )
        if self.population * self.generations > MOST_SCORED:
            raise ValueError(
                f"population times generations must be at most {MOST_SCORED:,}, got {self.population * self.generations:,}"
            )
        return self
