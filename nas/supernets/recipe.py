"""How a supernet is trained: the settings every search with shared weights has. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from nas.core.config import Config, setting


class SupernetRecipe(Config):
    """Defaults suit small images on one CPU core."""

    epochs: int = setting(10, title="Epochs", description="Of the supernet's training.", unit="epochs", ge=1, le=10_000)
    batch_size: int = setting(
        64, title="Batch size", description="Examples per step.", unit="examples", ge=2, le=16_384
    )
    learning_rate: float = setting(
        0.025, title="Learning rate", description="Of the shared weights, in the first epoch.", gt=0, le=100
    )
    last_learning_rate: float = setting(
        0.001,
        title="Last learning rate",
        description="Where half a cosine, or a straight line, from the first one ends.",
        ge=0,
        le=100,
        advanced=True,
    )
    schedule: Literal["cosine", "linear"] = setting(
        "cosine", title="Schedule", description="How the learning rate falls.", advanced=True
    )
    momentum: float = setting(0.9, title="Momentum", description="Of the shared weights.", ge=0, lt=1, advanced=True)
    nesterov: bool = setting(
        False, title="Nesterov momentum", description="Look ahead by one step of momentum.", advanced=True
    )
    weight_decay: float = setting(
        3e-4, title="Weight decay", description="Pull of the shared weights towards zero.", ge=0, le=1
    )
    gradient_clip: float | None = setting(
        5.0,
        title="Gradient clipping",
        description="Largest norm of the weights' gradient; empty means no limit.",
        gt=0,
        le=1e6,
        advanced=True,
    )
    label_smoothing: float = setting(
        0.0,
        title="Label smoothing",
        description="Share of the target spread evenly over all classes.",
        ge=0,
        lt=1,
        advanced=True,
    )
    crop_padding: int = setting(
        0,
        title="Pad and crop",
        description="Shift images by up to that many pixels; 0 switches it off.",
        unit="pixels",
        ge=0,
        le=64,
        advanced=True,
    )
    horizontal_flip: bool = setting(
        False,
        title="Flip horizontally",
        description="Mirror half of the images; wrong for digits and letters.",
        advanced=True,
    )
    cutout: int = setting(
        0,
        title="Cut-out",
        description="Side of a square blanked in each image; 0 switches it off.",
        unit="pixels",
        ge=0,
        le=512,
        advanced=True,
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        title="Precision",
        description="Automatic means half precision on a GPU and full precision on a CPU.",
        advanced=True,
    )
    epochs_per_leg: int = setting(
        1,
        title="Epochs per job",
        description="After so many the search looks at what came out, and another worker may go on.",
        unit="epochs",
        ge=1,
        le=1000,
        advanced=True,
    )
    checkpoint_seconds: float = setting(
        60.0,
        title="Time between checkpoints",
        description="How much training a lost worker can cost at most.",
        unit="s",
        ge=1,
        le=86_400,
        advanced=True,
    )

    @model_validator(mode="after")
    def _rate_falls(self) -> Self:
        if self.last_learning_rate > self.learning_rate:
            raise ValueError(
                f"the last learning rate ({self.last_learning_rate:g}) must not be above the first ({self.learning_rate:g})"
            )
        return self

    @property
    def total_epochs(self) -> int:
        """Of all parts of the training; a method of several parts has more than `epochs`."""
        return self.epochs

    @property
    def optimizer(self) -> Literal["sgd"]:
        """Of the shared weights."""
        return "sgd"

    @property
    def base_rate(self) -> float:
        return self.learning_rate
