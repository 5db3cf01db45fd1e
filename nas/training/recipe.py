"""How a network is trained: the settings every training estimator shares. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from nas.core.config import Config, setting

MAX_EPOCHS = 10_000

_USUAL_RATE = {"sgd": 0.1, "adam": 0.003, "adamw": 0.003}


class Recipe(Config):
    """Defaults: four epochs of SGD bring small cells on the bundled digits to 97–99 % in about a second on one CPU core."""

    epochs: int = setting(
        4,
        title="Epochs",
        description="How often each candidate sees the training data.",
        unit="epochs",
        ge=1,
        le=MAX_EPOCHS,
    )
    batch_size: int = setting(
        64, title="Batch size", description="Examples per step.", unit="examples", ge=2, le=16_384
    )
    optimizer: Literal["sgd", "adam", "adamw"] = setting(
        "sgd", title="Optimiser", description="SGD is used with Nesterov momentum."
    )
    learning_rate: float | None = setting(
        None,
        title="Learning rate",
        description="Size of the first steps; empty means 0.1 for SGD and 0.003 for Adam and AdamW.",
        gt=0,
        le=100,
    )
    momentum: float = setting(0.9, title="Momentum", description="Only used by SGD.", ge=0, lt=1, advanced=True)
    weight_decay: float = setting(
        5e-4, title="Weight decay", description="Pull of all weights towards zero.", ge=0, le=1
    )
    schedule: Literal["cosine", "constant", "step"] = setting(
        "cosine",
        title="Schedule",
        description="Half a cosine down to zero, constant, or a tenth after half and again after three quarters.",
    )
    warmup_epochs: float = setting(
        0.0,
        title="Warm-up",
        description="The learning rate grows linearly during this time.",
        unit="epochs",
        ge=0,
        le=1000,
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
    gradient_clip: float | None = setting(
        None,
        title="Gradient clipping",
        description="Largest norm of the gradient; empty means no limit.",
        gt=0,
        le=1e6,
        advanced=True,
    )
    auxiliary_weight: float = setting(
        0.4,
        title="Weight of the auxiliary loss",
        description="Share of an auxiliary head's loss that is added; only matters for networks with such a head.",
        ge=0,
        le=10,
        advanced=True,
    )
    crop_padding: int = setting(
        0,
        title="Pad and crop",
        description="Shift images by up to that many pixels; 0 switches it off.",
        unit="pixels",
        ge=0,
        le=64,
    )
    horizontal_flip: bool = setting(
        False, title="Flip horizontally", description="Mirror half of the images; wrong for digits and letters."
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

    @model_validator(mode="after")
    def _warmup_ends(self) -> Recipe:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"the warm-up must be shorter than the training: got {self.warmup_epochs:g} of {self.epochs} epochs"
            )
        return self

    @property
    def nesterov(self) -> bool:
        """SGD always looks ahead here."""
        return True

    @property
    def base_rate(self) -> float:
        """The learning rate before schedule and warm-up."""
        return self.learning_rate if self.learning_rate is not None else _USUAL_RATE[self.optimizer]
