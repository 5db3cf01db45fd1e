"""What can be chosen about Bayesian optimisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from nas.core.config import Config, setting


class BayesianConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "bananas": {
            "surrogate": "ensemble",
            "encoding": "paths",
            "acquisition": "independent_thompson",
            "candidates": "mutation",
            "proposals_per_model": 5,
            "max_mutations": 1,
            "num_candidates": 100,
        },
        "bananas_paper": {
            "surrogate": "ensemble",
            "encoding": "paths",
            "acquisition": "independent_thompson",
            "candidates": "mutation",
            "proposals_per_model": 10,
            "max_mutations": 1,
            "num_candidates": 100,
            "num_layers": 10,
            "epochs": 150,
        },
    }

    surrogate: Literal["gaussian_process", "ensemble"] = setting(
        "gaussian_process",
        title="Surrogate",
        description="What predicts untried architectures: a Gaussian process, or an ensemble of small neural networks (BANANAS).",
    )
    encoding: Literal["choices", "paths"] = setting(
        "choices",
        title="Encoding",
        description="How architectures are read: choice by choice, or by their paths from input to output where the space has them.",
    )
    acquisition: Literal[
        "expected_improvement",
        "probability_of_improvement",
        "confidence_bound",
        "thompson",
        "independent_thompson",
    ] = setting(
        "expected_improvement",
        title="Acquisition",
        description="What makes a candidate worth trying, from its predicted value and the uncertainty of the prediction.",
    )
    num_initial: int = setting(
        10,
        title="Initial architectures",
        description="Drawn at random before the first model is made.",
        unit="architectures",
        ge=2,
        le=10_000,
    )
    candidates: Literal["mutation", "random", "both"] = setting(
        "both",
        title="Candidates",
        description="Where candidates come from: mutations of the best architectures, random draws, or half of each.",
    )
    num_candidates: int = setting(
        200,
        title="Number of candidates",
        description="Compared by the model for each choice.",
        unit="architectures",
        ge=1,
        le=5_000,
    )
    num_parents: int = setting(
        5,
        title="Parents",
        description="How many of the best architectures are mutated into candidates.",
        unit="architectures",
        advanced=True,
        ge=1,
        le=100,
    )
    max_mutations: int = setting(
        3,
        title="Mutations per candidate",
        description="A candidate is up to so many mutations away from its parent; BANANAS has 1.",
        unit="mutations",
        advanced=True,
        ge=1,
        le=20,
    )
    proposals_per_model: int = setting(
        1,
        title="Proposals per model",
        description="How many candidates one model chooses before it is made anew; BANANAS trains its networks once for 10.",
        unit="architectures",
        ge=1,
        le=100,
    )
    exploration: float = setting(
        2.0,
        title="Exploration",
        description="Weight of the uncertainty in the confidence bound: 0 only exploits, more explores.",
        advanced=True,
        ge=0,
        le=100,
    )
    min_improvement: float = setting(
        0.0,
        title="Smallest improvement",
        description="What expected and probable improvement must exceed, in standard deviations of the values seen; more explores.",
        advanced=True,
        ge=0,
        le=10,
    )
    several_objectives: Literal["random_weights", "first_objective"] = setting(
        "random_weights",
        title="Several objectives",
        description="Weigh them at random anew for each model (ParEGO), or let the first one steer alone.",
    )
    max_observations: int = setting(
        200,
        title="Remembered results",
        description="How many results the model learns from; beyond that the worst of the older half is forgotten.",
        unit="architectures",
        advanced=True,
        ge=10,
        le=2_000,
    )
    kernel: Literal["hamming", "matern52", "rbf"] = setting(
        "hamming",
        title="Kernel",
        description="How the Gaussian process judges two architectures alike: by the number of differences, or smoothly by distance.",
        advanced=True,
    )
    refit_growth: float = setting(
        0.1,
        title="Refit at growth",
        description="Share by which the number of results must have grown before length and noise of the Gaussian process are fitted anew.",
        advanced=True,
        ge=0,
        le=1,
    )
    num_members: int = setting(
        5, title="Networks", description="In the ensemble.", unit="networks", advanced=True, ge=2, le=20
    )
    num_layers: int = setting(
        3,
        title="Hidden layers",
        description="Of each network of the ensemble; BANANAS has 10.",
        unit="layers",
        advanced=True,
        ge=1,
        le=20,
    )
    width: int = setting(
        20, title="Units", description="Of each hidden layer.", unit="units", advanced=True, ge=1, le=200
    )
    epochs: int = setting(
        60,
        title="Training epochs",
        description="Of the ensemble, in batches of 32 results; BANANAS has 150.",
        unit="epochs",
        advanced=True,
        ge=1,
        le=1_000,
    )
