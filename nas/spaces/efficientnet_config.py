"""What can be chosen about the space of EfficientNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from nas.core.config import Config, setting

MOST_WIDTH, MOST_DEPTH, MOST_RESOLUTION = 10.0, 10.0, 2048
_WHOLE = {"stages": 7, "halvings": 5}


class EfficientNetConfig(Config):
    """EfficientNet-B0 made wider, deeper and larger."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar": {
            "stages": 7,
            "halvings": 3,
            "widths": [0.35, 0.5, 0.75, 1.0],
            "depths": [0.5, 0.75, 1.0],
            "resolutions": [24, 32, 40],
        },
        "coefficients": {
            "widths": [round(0.25 * (1 + 0.05 * i), 4) for i in range(11)],
            "depths": [round(0.5 * (1 + 0.05 * i), 4) for i in range(11)],
            "resolutions": list(range(20, 31)),
        },
        "imagenet": {
            **_WHOLE,
            "widths": [1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0],
            "depths": [1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1],
            "resolutions": [224, 240, 260, 300, 380, 456, 528, 600],
        },
        "compound": {
            **_WHOLE,
            "scaling": "compound",
            "widths": [1.0],
            "depths": [1.0],
            "resolutions": [224],
            "phis": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0],
        },
    }

    scaling: Literal["free", "compound"] = setting(
        "free",
        title="Scaling",
        description=(
            "Width, depth and resolution each for itself, or together by one coefficient φ from the first of each: depth·α^φ, "
            "width·β^φ, resolution·γ^φ."
        ),
    )
    widths: tuple[float, ...] = setting(
        (0.25, 0.35, 0.5, 0.75),
        title="Width multipliers",
        description="What the channels of B0 may be multiplied with; rounded to multiples of 8.",
        min_length=1,
        max_length=32,
    )
    depths: tuple[float, ...] = setting(
        (0.25, 0.5, 1.0, 1.5),
        title="Depth multipliers",
        description="What the number of blocks in each stage of B0 may be multiplied with; rounded up.",
        min_length=1,
        max_length=32,
    )
    resolutions: tuple[int, ...] = setting(
        (8, 12, 16),
        title="Resolutions",
        description="Sides the network may resize its images to; none: it takes images as they are.",
        unit="pixels",
        max_length=32,
    )
    phis: tuple[float, ...] = setting(
        (0.0, 0.5, 1.0, 1.5, 2.0),
        title="Coefficients φ",
        description="For compound scaling: costs grow by about 2^φ.",
        min_length=1,
        max_length=64,
        advanced=True,
    )
    alpha: float = setting(1.2, title="α", description="Depth per φ; for compound scaling.", ge=1, le=4, advanced=True)
    beta: float = setting(1.1, title="β", description="Width per φ; for compound scaling.", ge=1, le=4, advanced=True)
    gamma: float = setting(
        1.15, title="γ", description="Resolution per φ; for compound scaling.", ge=1, le=4, advanced=True
    )
    stages: int = setting(
        5, title="Stages", description="How many of the seven stages of B0 are kept.", unit="stages", ge=1, le=7
    )
    halvings: int = setting(
        2,
        title="Halvings",
        description="How often the map is halved at most; of the strides of B0 the last ones are kept.",
        unit="times",
        ge=0,
        le=5,
    )
    se_ratio: float = setting(
        0.25,
        title="Squeeze-and-excitation ratio",
        description="Channels inside as a share of a block's input channels; 0 for none.",
        ge=0,
        le=1,
        advanced=True,
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        description="Probability with which the last layer loses an input in training; B0 was trained with 0.2.",
        ge=0,
        lt=1,
        advanced=True,
    )
    stochastic_depth: float = setting(
        0.0,
        title="Stochastic depth",
        description="Probability with which the last block is left out in training, linearly less before; published: 0.2.",
        ge=0,
        lt=1,
        advanced=True,
    )

    @field_validator("widths", "depths", "resolutions", "phis")
    @classmethod
    def _in_order(cls, chosen: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(chosen)) != len(chosen):
            raise ValueError("each can be chosen once")
        return tuple(sorted(chosen))

    @field_validator("widths", "depths")
    @classmethod
    def _multipliers_in_bounds(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.05 <= multiplier <= MOST_WIDTH for multiplier in chosen):
            raise ValueError(f"multipliers are from 0.05 to {MOST_WIDTH:g}")
        return chosen

    @field_validator("resolutions")
    @classmethod
    def _resolutions_in_bounds(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if not all(4 <= side <= MOST_RESOLUTION for side in chosen):
            raise ValueError(f"resolutions are from 4 to {MOST_RESOLUTION} pixels")
        return chosen

    @field_validator("phis")
    @classmethod
    def _phis_in_bounds(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 <= phi <= 16 for phi in chosen):
            raise ValueError("coefficients φ are from 0 to 16")
        return chosen

    @model_validator(mode="after")
    def _compound_stays_in_bounds(self) -> EfficientNetConfig:
        if self.scaling == "compound":
            width, depth, resolution = self.scaled(self.phis[-1])
            if width > MOST_WIDTH or depth > MOST_DEPTH or (resolution or 0) > MOST_RESOLUTION:
                raise ValueError(
                    f"φ = {self.phis[-1]:g} scales to width {width:.1f}, depth {depth:.1f}, resolution {resolution or 0}; at most "
                    f"{MOST_WIDTH:g}, {MOST_DEPTH:g} and {MOST_RESOLUTION} are allowed"
                )
        return self

    def scaled(self, phi: float) -> tuple[float, float, int | None]:
        """Width, depth and resolution of compound scaling; None takes images as they are."""
        side = round(self.resolutions[0] * self.gamma**phi) if self.resolutions else None
        return self.widths[0] * self.beta**phi, self.depths[0] * self.alpha**phi, side
