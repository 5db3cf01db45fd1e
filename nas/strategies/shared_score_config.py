"""The settings of searches that score paths with the weights of a trained supernet."""

from __future__ import annotations

from typing import Literal

from nas.core.config import Config, setting
from nas.strategies.supernet_search import SupernetSearchConfig


class TimedPathsConfig(Config):
    """Of searches that keep a limit on latency without measuring."""

    latency_table: str | None = setting(
        None,
        title="Latency table",
        description="Says how long an architecture takes, so that none over a limit on latency is scored; none leaves that to the "
        "trainings at the end.",
        refers_to="latency_table",
        max_length=400,
        advanced=True,
    )


class SharedScoreConfig(SupernetSearchConfig):
    epochs: int = setting(
        40,
        title="Epochs",
        description="Of the supernet's training; paths that get few steps are hard to tell apart.",
        unit="epochs",
        ge=1,
        le=10_000,
    )
    learning_rate: float = setting(
        0.1, title="Learning rate", description="Of the shared weights, in the first epoch.", gt=0, le=100
    )
    calibration_batches: int = setting(
        10,
        title="Batches for batch norm",
        description="Of training examples, from which each path gets statistics of its own before it is scored.",
        unit="batches",
        ge=1,
        le=10_000,
    )
    per_job: int = setting(
        4,
        title="Architectures per job",
        description="How many a worker scores at once; several workers score side by side.",
        unit="architectures",
        ge=1,
        le=1000,
        advanced=True,
    )
    trained_by: Literal["accuracy", "front"] = setting(
        "accuracy",
        title="Choice of what is trained",
        description="The best accuracies with shared weights, or the front of those against the other objectives that are "
        "known without training.",
        advanced=True,
    )
    rank_check: int = setting(
        0,
        title="Check of the ranking",
        description="So many randomly drawn architectures are trained from scratch as well, to see how far shared weights rank "
        "as training does. A dozen tells something, twenty tell more.",
        unit="architectures",
        ge=0,
        le=1000,
    )
