"""What can be chosen about progressive search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nas.core.config import Config, setting
from nas.surrogates.accuracy_predictor import PredictorShape


class ProgressiveConfig(Config):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"beam": 256, "first_level": None, "remembered": 2_000, "units": 100},
        "small": {"beam": 2, "first_level": 8},
    }

    beam: int = setting(
        16,
        title="Beam",
        description="Architectures of each size that are evaluated, and at most grow on; the paper has 256.",
        unit="architectures",
        ge=1,
        le=2_000,
    )
    first_level: int | None = setting(
        32,
        title="Smallest architectures",
        description="How many of the smallest size are evaluated, drawn at random; empty for all of them, as in the paper.",
        unit="architectures",
        ge=1,
        le=10_000,
    )
    learning_rate: float = setting(
        0.01,
        title="First learning rate",
        description="Of the model when it learns from the smallest architectures.",
        advanced=True,
        gt=0,
        le=1,
    )
    later_learning_rate: float = setting(
        0.002,
        title="Later learning rate",
        description="When larger ones were evaluated: the model goes on from what it knows.",
        advanced=True,
        gt=0,
        le=1,
    )
    num_members: int = setting(
        5,
        title="Networks in the model",
        description="Each learns from four fifths of the results; their mean predicts.",
        unit="networks",
        advanced=True,
        ge=1,
        le=20,
    )
    units: int = setting(
        50,
        title="Units",
        description="In each of the two layers of those networks; the paper has 100.",
        unit="units",
        advanced=True,
        ge=4,
        le=200,
    )
    epochs: int = setting(
        50,
        title="Epochs",
        description="The model learns for so long after each size.",
        unit="epochs",
        advanced=True,
        ge=1,
        le=1_000,
    )
    remembered: int = setting(
        300,
        title="Remembered results",
        description="That the model learns from; the oldest are forgotten first.",
        unit="results",
        advanced=True,
        ge=10,
        le=10_000,
    )

    @property
    def predictor(self) -> PredictorShape:
        return PredictorShape(self.num_members, self.units, self.epochs)
