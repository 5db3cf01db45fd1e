"""What can be chosen about AnyNet, and the published spaces as settings of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from nas.core.config import setting
from nas.spaces.anynet_options import spaced
from nas.spaces.ratios import checked_ratios, ratio_options
from nas.spaces.staged_config import StagedConfig
from nas.spaces.staged_network import BlockKind

MOST_GROUPS = 256

_CIFAR: dict[str, Any] = {"num_stages": 3, "stem": "conv3x3", "stem_width": 16, "first_stage_stride": 1}
_NDS: dict[str, Any] = {
    **_CIFAR,
    "block": "basic",
    "max_depth": 24,
    "num_depths": 9,
    "min_width": 16,
    "max_width": 256,
    "width_step": 1,
    "num_widths": 12,
}
_RESNEXT: dict[str, Any] = {
    **_NDS,
    "block": "bottleneck",
    "max_depth": 16,
    "num_depths": 5,
    "num_widths": 5,
    "bottlenecks": (1, 2, 4),
    "groups_are": "counts",
    "groups": (1, 2, 4),
}
_ANYNET_A: dict[str, Any] = {
    "num_stages": 4,
    "stem": "conv3x3_stride2",
    "stem_width": 32,
    "first_stage_stride": 2,
    "max_depth": 16,
    "max_width": 1024,
    "bottlenecks": (1, 2, 4),
    "groups": (1, 2, 4, 8, 16, 32),
}
_ANYNET_B = {**_ANYNET_A, "shares_bottleneck": True}
_ANYNET_C = {**_ANYNET_B, "shares_groups": True}
_ANYNET_D = {**_ANYNET_C, "widths_never_fall": True}
_ANYNET_E = {**_ANYNET_D, "depths_never_fall": True}


class AnyNetConfig(StagedConfig):
    """What can be chosen about the space; by default small networks for small images."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar_resnet": {**_CIFAR, "block": "basic", "max_depth": 24, "max_width": 256},
        "cifar_vanilla": {**_CIFAR, "block": "vanilla", "max_depth": 24, "max_width": 256},
        "imagenet_resnet": {
            **_ANYNET_C,
            "stem": "conv7x7_stride2_pool",
            "stem_width": 64,
            "first_stage_stride": 1,
            "max_depth": 36,
            "max_width": 2048,
            "width_step": 256,
            "groups_are": "counts",
            "groups": (1, 2, 4, 8, 16, 32),
        },
        "nds_vanilla": {**_NDS, "block": "vanilla"},
        "nds_resnet": _NDS,
        "nds_resnext_a": _RESNEXT,
        "nds_resnext_b": {**_RESNEXT, "min_width": 64, "max_width": 1024, "groups": (1, 2, 4, 8, 16)},
        "anynet_a": _ANYNET_A,
        "anynet_b": _ANYNET_B,
        "anynet_c": _ANYNET_C,
        "anynet_d": _ANYNET_D,
        "anynet_e": _ANYNET_E,
    }

    block: BlockKind = setting(
        "bottleneck",
        title="Block",
        description="Vanilla: two 3×3 convolutions. Basic: the same with a shortcut. Bottleneck: 1×1, grouped 3×3, 1×1 with a shortcut.",
    )
    squeeze_excite: bool = setting(
        False,
        title="Squeeze-and-excitation",
        description="In bottleneck blocks, weigh channels by what the whole map shows.",
    )
    num_stages: int = setting(3, title="Stages", description="Each has its own choices.", unit="stages", ge=1, le=6)
    min_depth: int = setting(
        1, title="Fewest blocks of a stage", description="Smallest depth.", unit="blocks", ge=1, le=64
    )
    max_depth: int = setting(
        3, title="Most blocks of a stage", description="Largest depth.", unit="blocks", ge=1, le=64
    )
    num_depths: int = setting(
        0,
        title="Number of depths",
        description="How many depths to offer, at about equal ratios and equally likely; 0 for all, log-uniform.",
        advanced=True,
        ge=0,
        le=64,
    )
    min_width: int = setting(
        8, title="Smallest width", description="Channels of a stage.", unit="channels", ge=4, le=4096
    )
    max_width: int = setting(
        64, title="Largest width", description="Channels of a stage.", unit="channels", ge=4, le=4096
    )
    width_step: int = setting(
        8,
        title="Step of widths",
        description="Widths are multiples of this.",
        unit="channels",
        advanced=True,
        ge=1,
        le=512,
    )
    num_widths: int = setting(
        0,
        title="Number of widths",
        description="How many widths to offer, at about equal ratios and equally likely; 0 for all, log-uniform.",
        advanced=True,
        ge=0,
        le=512,
    )
    bottlenecks: tuple[float, ...] = setting(
        (1.0, 2.0, 4.0),
        title="Bottleneck ratios",
        description="Width of a block over the width inside it: 0.25, 0.5, 1, 2 or 4. Below 1: inverted.",
        min_length=1,
    )
    groups: tuple[int, ...] = setting(
        (1, 2, 4, 8),
        title="Groups",
        description="Choices for the groups of the 3×3 convolutions in bottlenecks: channels per group, or numbers of groups.",
        min_length=1,
        max_length=32,
    )
    groups_are: Literal["widths", "counts"] = setting(
        "widths",
        title="Groups are given as",
        description="Widths: channels per group. Counts: the number of groups.",
        advanced=True,
    )
    shares_bottleneck: bool = setting(
        False, title="One bottleneck ratio", description="All stages share it (restriction B)."
    )
    shares_groups: bool = setting(
        False, title="One choice of groups", description="All stages share it (restriction C)."
    )
    widths_never_fall: bool = setting(
        False, title="Widths never fall", description="From stage to stage (restriction D)."
    )
    depths_never_fall: bool = setting(
        False, title="Depths never fall", description="From stage to stage (restriction E)."
    )

    _ratios = field_validator("bottlenecks")(checked_ratios)

    @field_validator("groups")
    @classmethod
    def _groups_in_order(cls, chosen: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(chosen)) != len(chosen) or not all(1 <= group <= MOST_GROUPS for group in chosen):
            raise ValueError(f"choose whole numbers from 1 to {MOST_GROUPS}, each once")
        return tuple(sorted(chosen))

    @model_validator(mode="after")
    def _ranges_hold_something(self) -> AnyNetConfig:
        try:
            _ = self.depth_options
        except ValueError as error:
            raise ValueError(f"depths: {error}") from None
        try:
            _ = self.width_options
        except ValueError as error:
            raise ValueError(f"widths: {error}") from None
        return self

    @property
    def depth_options(self) -> tuple[int, ...]:
        return spaced(self.min_depth, self.max_depth, 1, self.num_depths)

    @property
    def width_options(self) -> tuple[int, ...]:
        return spaced(self.min_width, self.max_width, self.width_step, self.num_widths)

    @property
    def bottleneck_options(self) -> tuple[int | float, ...]:
        return ratio_options(self.bottlenecks)

    @property
    def group_options(self) -> tuple[int, ...]:
        return self.groups
