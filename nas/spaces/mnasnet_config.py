"""What can be chosen about the space of MnasNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import field_validator

from nas.core.config import setting
from nas.operations.inverted_residual import rounded_width
from nas.operations.mnasnet_layer import Operation, Skip
from nas.spaces.mobile_ends_config import MobileEndsConfig
from nas.spaces.mobile_stage import Stage, stage_from_text

OPERATIONS: tuple[Operation, ...] = ("conv", "sep_conv", "mbconv3", "mbconv6")
SKIPS: tuple[Skip, ...] = ("pool", "identity", "none")
MOST_LAYERS = 24
_MOBILENET_V2 = ["r1_s1_o16", "r2_s2_o24", "r3_s2_o32", "r4_s2_o64", "r3_s1_o96", "r3_s2_o160", "r1_s1_o320"]


class MnasNetConfig(MobileEndsConfig):
    """Blocks of equal layers around a reference network."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar": {
            "stem_width": 32,
            "blocks": ["r1_s1_o16", "r2_s1_o24", "r3_s2_o32", "r4_s2_o64", "r3_s1_o96"],
            "head_width": 640,
        },
        "imagenet": {"stem_width": 32, "stem_stride": 2, "blocks": _MOBILENET_V2, "head_width": 1280},
        "imagenet_released": {
            "stem_width": 32,
            "stem_stride": 2,
            "blocks": _MOBILENET_V2,
            "filter_factors": [0.75, 1.0, 1.2, 1.25],
            "head_width": 1280,
        },
    }

    blocks: tuple[str, ...] = setting(
        ("r1_s1_o16", "r2_s2_o24", "r2_s2_o40"),
        title="Reference blocks",
        description="One text per block: layers, stride of the first, channels of the reference network (r2_s2_o24).",
        min_length=1,
        max_length=12,
    )
    operations: tuple[Operation, ...] = setting(
        OPERATIONS, title="Operations", description="What the layers of a block may be.", min_length=1
    )
    kernels: tuple[int, ...] = setting(
        (3, 5), title="Kernels", description="Sides of the window: 3, 5 or 7.", min_length=1, max_length=3
    )
    se_ratios: tuple[float, ...] = setting(
        (0.0, 0.25),
        title="Squeeze-and-excitation ratios",
        description="Channels inside as a share of the layer's input channels; 0 for none.",
        min_length=1,
        max_length=8,
    )
    skips: tuple[Skip, ...] = setting(
        SKIPS,
        title="Skips",
        description="What is added to a layer's result: its averaged input, its input where the shapes allow, or nothing.",
        min_length=1,
    )
    filter_factors: tuple[float, ...] = setting(
        (0.75, 1.0, 1.25),
        title="Filter factors",
        description="What the channels of the reference may be multiplied with; rounded to multiples of 8.",
        min_length=1,
        max_length=16,
    )
    layer_changes: tuple[int, ...] = setting(
        (-1, 0, 1),
        title="Layer changes",
        description="What may be added to the layers of the reference; at least one layer is left.",
        unit="layers",
        min_length=1,
        max_length=9,
    )
    head_width: int = setting(
        128,
        title="Head width",
        description="Channels of the last 1×1 convolution; 0 leaves it out.",
        unit="channels",
        ge=0,
        le=8192,
        multiple_of=8,
    )

    @field_validator("blocks")
    @classmethod
    def _blocks_can_be_read(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            block = stage_from_text(text)
            if block != Stage(block.blocks, block.stride, block.width):
                raise ValueError(f"a reference block has layers, stride and channels only, got {text!r:.60}")
        return texts

    @field_validator("kernels", "se_ratios", "filter_factors", "layer_changes")
    @classmethod
    def _in_order(cls, chosen: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(chosen)) != len(chosen):
            raise ValueError("each can be chosen once")
        return tuple(sorted(chosen))

    @field_validator("operations")
    @classmethod
    def _operations_in_order(cls, chosen: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(operation for operation in OPERATIONS if operation in chosen)

    @field_validator("skips")
    @classmethod
    def _skips_in_order(cls, chosen: tuple[Skip, ...]) -> tuple[Skip, ...]:
        return tuple(skip for skip in SKIPS if skip in chosen)

    @field_validator("kernels")
    @classmethod
    def _kernels_are_odd(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if not set(chosen) <= {3, 5, 7}:
            raise ValueError("kernels are 3, 5 or 7")
        return chosen

    @field_validator("se_ratios")
    @classmethod
    def _ratios_in_bounds(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if not all(ratio == 0 or 0.01 <= ratio <= 1 for ratio in chosen):
            raise ValueError("squeeze-and-excitation ratios are 0, or from 0.01 to 1")
        return chosen

    @field_validator("filter_factors")
    @classmethod
    def _factors_in_bounds(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.05 <= factor <= 4 for factor in chosen):
            raise ValueError("filter factors are from 0.05 to 4")
        return chosen

    @field_validator("layer_changes")
    @classmethod
    def _changes_in_bounds(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if not all(-8 <= change <= 8 for change in chosen):
            raise ValueError("layer changes are from -8 to 8")
        return chosen

    def reference(self) -> tuple[Stage, ...]:
        return tuple(stage_from_text(text) for text in self.blocks)

    def filters(self, block: Stage) -> tuple[int, ...]:
        """The channels a block may have; factors that round to the same count once."""
        return tuple(sorted({rounded_width(block.width * factor) for factor in self.filter_factors}))

    def layers(self, block: Stage) -> tuple[int, ...]:
        """How many layers a block may have."""
        return tuple(sorted({max(1, min(MOST_LAYERS, block.blocks + change)) for change in self.layer_changes}))
