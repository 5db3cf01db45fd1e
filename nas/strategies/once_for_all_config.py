"""What can be chosen about Once-for-All: the training of the network, the model of accuracy, the devices to specialise it for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from nas.core.config import Config, setting
from nas.strategies.shared_score_config import SharedScoreConfig
from nas.strategies.specialise import EvolutionShape
from nas.supernets.once_for_all_recipe import OnceForAllRecipe
from nas.surrogates.mlp_ensemble import Training

UNITS: Mapping[str, str] = {"macs": "MACs", "params": "parameters", "latency_ms": "ms"}


class Target(Config):
    """A device to specialise for: what a network may cost on it."""

    limit: float = setting(
        title="Limit", description="The most that a network may cost: MACs, weights, or milliseconds.", gt=0, le=1e18
    )
    cost: Literal["macs", "params", "latency_ms"] = setting(
        "macs", title="Cost", description="What is limited; latency needs a table of the device."
    )
    latency_table: str | None = setting(
        None,
        title="Latency table",
        description="Which table says how long each block takes on the device.",
        refers_to="latency_table",
        max_length=200,
    )

    @model_validator(mode="after")
    def _table_belongs_to_latency(self) -> Self:
        if self.cost == "latency_ms" and not self.latency_table:
            raise ValueError("a limit on latency needs a latency table (latency_table)")
        if self.cost != "latency_ms" and self.latency_table:
            raise ValueError(f"a limit on {self.cost} needs no latency table; leave it empty or limit latency_ms")
        return self

    def __str__(self) -> str:
        return f"{self.limit:,.4g} {UNITS[self.cost]}" if self.limit < 1e4 else f"{self.limit:,.0f} {UNITS[self.cost]}"


class OnceForAllConfig(OnceForAllRecipe, SharedScoreConfig):
    """Defaults suit small images on one CPU core."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "mini": {
            "epochs": 2,
            "kernel_epochs": 1,
            "depth_epochs": [1, 1],
            "width_epochs": [1, 1],
            "num_scored": 40,
            "generations": 20,
        },
        "paper": {
            "epochs": 180,
            "learning_rate": 0.08,
            "kernel_epochs": 125,
            "kernel_rate": 0.03,
            "depth_epochs": [25, 125],
            "depth_rates": [0.0025, 0.0075],
            "width_epochs": [25, 125],
            "width_rates": [0.0025, 0.0075],
            "warmup_epochs": 5,
            "label_smoothing": 0.1,
            "gradient_clip": None,
            "horizontal_flip": True,
            "num_scored": 16_000,
            "per_job": 64,
            "predictor_width": 400,
            "generations": 500,
            "calibration_batches": 32,
        },
    }

    targets: tuple[Target, ...] = setting(
        (),
        title="Devices",
        description=(
            "For each of these limits the network is specialised without further training. Empty: a quarter, half and three "
            "quarters of the way from the fewest to the most MACs, on a logarithmic scale."
        ),
        max_length=32,
    )
    num_scored: int = setting(
        120,
        title="Networks for the model",
        description="Drawn at random and scored with shared weights; from them the model of accuracy learns. A fifth is held out.",
        unit="networks",
        ge=10,
        le=100_000,
    )
    per_job: int = setting(
        10,
        title="Networks per job",
        description="How many a worker scores at once; several workers score side by side.",
        unit="networks",
        ge=1,
        le=1000,
        advanced=True,
    )
    predictor_width: int = setting(
        100,
        title="Width of the model",
        description="Units in each of the three layers of the networks that predict accuracy.",
        unit="units",
        ge=4,
        le=2000,
        advanced=True,
    )
    predictor_members: int = setting(
        3,
        title="Members of the model",
        description="Networks whose predictions are averaged.",
        unit="networks",
        ge=1,
        le=50,
        advanced=True,
    )
    predictor_epochs: int = setting(
        60,
        title="Epochs of the model",
        description="Of the training of the networks that predict accuracy.",
        unit="epochs",
        ge=1,
        le=10_000,
        advanced=True,
    )
    population: int = setting(
        100,
        title="Population",
        description="Networks in each generation of the evolution on the model.",
        unit="networks",
        ge=4,
        le=10_000,
        advanced=True,
    )
    generations: int = setting(
        100,
        title="Generations",
        description="Of the evolution on the model, for each device.",
        unit="generations",
        ge=0,
        le=10_000,
        advanced=True,
    )
    parent_share: float = setting(
        0.25,
        title="Share of parents",
        description="The best of a generation, which live on and have children.",
        gt=0,
        le=1,
        advanced=True,
    )
    mutant_share: float = setting(
        0.5,
        title="Share of mutants",
        description="Of the children; the others are crossed.",
        ge=0,
        le=1,
        advanced=True,
    )
    mutation_probability: float = setting(
        0.1,
        title="Mutation",
        description="Probability of each block and each depth of a mutant to be drawn anew.",
        ge=0,
        le=1,
        advanced=True,
    )
    scale_mutation_probability: float = setting(
        0.5,
        title="Mutation of resolution",
        description="Probability of a mutant's resolution, and of the multiplier of all widths, to be drawn anew.",
        ge=0,
        le=1,
        advanced=True,
    )
    num_trained: int = setting(
        3,
        title="Trained from scratch",
        description=(
            "How many of the specialised networks, in the order of the devices, are trained by themselves as well, by the "
            "estimator. The method needs none."
        ),
        unit="networks",
        ge=0,
        le=1000,
    )

    @property
    def predictor(self) -> Training:
        """Adam on squared errors, as in the released code."""
        return Training(
            num_members=self.predictor_members,
            num_layers=3,
            width=self.predictor_width,
            epochs=self.predictor_epochs,
            learning_rate=1e-3,
            loss="squared",
        )

    @property
    def evolution(self) -> EvolutionShape:
        return EvolutionShape(
            population=self.population,
            generations=self.generations,
            parents=self.parent_share,
            mutants=self.mutant_share,
            changed=self.mutation_probability,
            rescaled=self.scale_mutation_probability,
        )
