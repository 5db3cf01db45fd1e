"""What can be chosen about the mobile space, and the settings of ProxylessNAS, Once-for-All and their kin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from nas.core.config import setting
from nas.spaces.mobile_ends_config import MobileEndsConfig
from nas.spaces.mobile_stage import Stage, stage_from_text

MOST_STAGES = 12
_PROXYLESS = {
    "stem_width": 32,
    "stem_stride": 2,
    "depth_search": "zero_operation",
    "kernels": [3, 5, 7],
    "expansions": [3, 6],
    "width_multipliers": [1.0],
}
_FIRST = "r1_s1_o16_e1_k3_noskip"


def _proxyless(*stage_widths: int, first: int) -> list[str]:
    blocks = zip((4, 4, 4, 4, 4, 1), (2, 2, 2, 1, 2, 1), stage_widths, strict=True)
    return [f"r1_s1_o{first}_e1_k3_noskip", *(f"r{number}_s{stride}_o{width}" for number, stride, width in blocks)]


class MobileConfig(MobileEndsConfig):
    """Stages of inverted bottlenecks between a stem and a head."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "proxyless_digits": {
            "depth_search": "zero_operation",
            "kernels": [3, 5, 7],
            "expansions": [3, 6],
            "width_multipliers": [1.0],
        },
        "proxyless_mini": {
            **_PROXYLESS,
            "stem_width": 16,
            "stem_stride": 1,
            "stages": [_FIRST, "r2_s1_o24", "r2_s2_o40", "r2_s2_o80"],
            "head_width": 320,
        },
        "ofa_mini": {
            "stem_width": 16,
            "stages": ["r3_s1_o16", "r3_s2_o32", "r3_s2_o64"],
            "head_width": 256,
            "kernels": [3, 5, 7],
            "expansions": [2, 3, 4],
            "width_multipliers": [1.0],
            "resolutions": [24, 28, 32],
        },
        "proxyless": {**_PROXYLESS, "stages": _proxyless(24, 40, 80, 96, 192, 320, first=16), "head_width": 1280},
        "proxyless_mobile": {
            **_PROXYLESS,
            "stages": _proxyless(32, 40, 80, 96, 192, 320, first=16),
            "head_width": 1280,
        },
        "proxyless_gpu": {
            **_PROXYLESS,
            "stem_width": 40,
            "stages": _proxyless(32, 56, 112, 128, 256, 432, first=24),
            "head_width": 1728,
        },
        "proxyless_cpu": {
            **_PROXYLESS,
            "stem_width": 40,
            "stages": _proxyless(32, 48, 88, 104, 216, 360, first=24),
            "head_width": 1432,
        },
        "ofa": {
            "stem_width": 16,
            "stem_stride": 2,
            "stages": [
                "r1_s1_o16_e1_k3_relu",
                "r4_s2_o24_relu",
                "r4_s2_o40_relu_se",
                "r4_s2_o80",
                "r4_s1_o112_se",
                "r4_s2_o160_se",
            ],
            "head_width": 960,
            "mix_width": 1280,
            "activation": "hswish",
            "min_depth": 2,
            "kernels": [3, 5, 7],
            "expansions": [3, 4, 6],
            "width_multipliers": [1.0],
            "resolutions": list(range(128, 225, 4)),
        },
        "tinynas": {
            "stem_width": 32,
            "stem_stride": 2,
            "stages": [
                _FIRST,
                "r4_s2_o24",
                "r4_s2_o40",
                "r4_s2_o80",
                "r4_s1_o96",
                "r4_s2_o192",
                "r1_s1_o320",
            ],
            "head_width": 0,
            "min_depth": 2,
            "kernels": [3, 5, 7],
            "expansions": [3, 4, 6],
            "width_multipliers": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
            "resolutions": list(range(48, 225, 16)),
        },
        "mobilenet_v2": {
            "stem_width": 32,
            "stem_stride": 2,
            "stages": [
                "r1_s1_o16_e1_k3",
                "r2_s2_o24",
                "r3_s2_o32",
                "r4_s2_o64",
                "r3_s1_o96",
                "r3_s2_o160",
                "r1_s1_o320",
            ],
            "head_width": 1280,
            "kernels": [3, 5, 7],
            "expansions": [3, 6],
            "width_multipliers": [0.35, 0.5, 0.75, 1.0, 1.4],
        },
    }

    stages: tuple[str, ...] = setting(
        ("r1_s1_o8_e1_k3", "r3_s2_o16", "r3_s2_o24"),
        title="Stages",
        description=(
            "One text per stage: most blocks, stride, channels (r4_s2_o40), then as needed a fixed kernel (k3) or expansion "
            "(e6), se for squeeze-and-excitation, noskip, and the function (relu, relu6, swish, hswish)."
        ),
        min_length=1,
        max_length=MOST_STAGES,
    )
    depth_search: Literal["stage_depth", "zero_operation", "fixed"] = setting(
        "stage_depth",
        title="Depth",
        description=(
            "How depth is searched: a stage keeps its first so many blocks (Once-for-All), a block behind a stage's first may be "
            "left out (ProxylessNAS), or not at all."
        ),
    )
    min_depth: int = setting(
        1,
        title="Fewest blocks",
        description="Of a stage, where a stage keeps its first so many blocks; shorter stages keep all of theirs.",
        unit="blocks",
        ge=1,
        le=16,
    )
    kernels: tuple[Literal[3, 5, 7], ...] = setting(
        (3, 5), title="Kernels", description="Sides of the depthwise convolution that a block may have.", min_length=1
    )
    expansions: tuple[Literal[1, 2, 3, 4, 5, 6, 8], ...] = setting(
        (3, 6),
        title="Expansions",
        description="How many times wider than its input the inside of a block may be.",
        min_length=1,
    )
    width_multipliers: tuple[float, ...] = setting(
        (0.5, 1.0),
        title="Width multipliers",
        description="What the widths may be multiplied with; results are rounded to multiples of 8.",
        min_length=1,
        max_length=32,
    )
    resolutions: tuple[int, ...] = setting(
        (),
        title="Resolutions",
        description="Sides the network may resize its images to; none: it takes images as they are.",
        unit="pixels",
        max_length=64,
    )
    head_width: int = setting(
        64,
        title="Head width",
        description="Channels of the last 1×1 convolution; 0 leaves it out.",
        unit="channels",
        ge=0,
        le=8192,
        multiple_of=8,
    )
    mix_width: int = setting(
        0,
        title="Width behind the mean",
        description="Channels of a further 1×1 convolution behind the mean (MobileNetV3); 0 leaves it out.",
        unit="channels",
        ge=0,
        le=8192,
        multiple_of=8,
        advanced=True,
    )
    activation: Literal["relu", "relu6", "swish", "hswish"] = setting(
        "relu6", title="Activation", description="Of stem, head, and all stages that name none.", advanced=True
    )

    @field_validator("stages")
    @classmethod
    def _stages_can_be_read(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            stage_from_text(text)
        return texts

    @field_validator("kernels", "expansions", "width_multipliers", "resolutions")
    @classmethod
    def _in_order(cls, chosen: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(chosen)) != len(chosen):
            raise ValueError("each can be chosen once")
        return tuple(sorted(chosen))

    @field_validator("width_multipliers")
    @classmethod
    def _multipliers_in_bounds(cls, chosen: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.05 <= multiplier <= 4 for multiplier in chosen):
            raise ValueError("width multipliers are from 0.05 to 4")
        return chosen

    @field_validator("resolutions")
    @classmethod
    def _resolutions_in_bounds(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if not all(4 <= side <= 1024 for side in chosen):
            raise ValueError("resolutions are from 4 to 1024 pixels")
        return chosen

    @model_validator(mode="after")
    def _fewest_blocks_are_used(self) -> MobileConfig:
        if self.depth_search == "stage_depth" and self.min_depth > max(stage.blocks for stage in self.parsed_stages()):
            raise ValueError(f"min_depth is {self.min_depth}, but no stage has that many blocks")
        return self

    def parsed_stages(self) -> tuple[Stage, ...]:
        return tuple(stage_from_text(text) for text in self.stages)
