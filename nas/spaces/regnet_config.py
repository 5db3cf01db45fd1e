"""What can be chosen about RegNet, and the published spaces as settings of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from nas.core.config import setting
from nas.spaces.ratios import checked_ratios
from nas.spaces.regnet_widths import QUANTUM, W_A_UNITS, W_M_UNITS, count_valid
from nas.spaces.staged_config import StagedConfig

_IMAGENET: dict[str, Any] = {
    "num_stages": 4,
    "min_depth": 12,
    "max_depth": 28,
    "max_w_0": 320,
    "min_w_a": 8.0,
    "max_w_a": 256.0,
    "max_group_width": 232,
    "stem": "conv3x3_stride2",
    "stem_width": 32,
    "first_stage_stride": 2,
}


class RegNetConfig(StagedConfig):
    """What can be chosen about the space; by default small networks for small images."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "digits": {},
        "cifar": {"max_depth": 16, "min_depth": 6, "max_w_0": 64, "max_w_a": 64.0, "max_group_width": 32},
        "imagenet_x": _IMAGENET,
        "imagenet_y": {**_IMAGENET, "squeeze_excite": True},
    }

    squeeze_excite: bool = setting(
        False,
        title="Squeeze-and-excitation",
        description="Weigh channels by what the whole map shows: RegNetY instead of RegNetX.",
    )
    num_stages: int = setting(
        3, title="Stages", description="Networks with any other number are not in the space.", unit="stages", ge=2, le=6
    )
    min_depth: int = setting(4, title="Fewest blocks", description="Over all stages.", unit="blocks", ge=2, le=64)
    max_depth: int = setting(10, title="Most blocks", description="Over all stages.", unit="blocks", ge=2, le=64)
    max_w_0: int = setting(
        16,
        title="Largest first width",
        description="The first width w_0 is a multiple of 8, from 8 up to this.",
        unit="channels",
        ge=8,
        le=512,
    )
    min_w_a: float = setting(
        4.0, title="Smallest slope", description="Channels w_a that each block adds.", unit="channels", ge=0.1, le=512
    )
    max_w_a: float = setting(
        16.0, title="Largest slope", description="Channels w_a that each block adds.", unit="channels", ge=0.1, le=512
    )
    max_w_m: float = setting(
        3.0,
        title="Largest step",
        description="The factor w_m between widths of neighbouring stages, from 2 up to this.",
        ge=2,
        le=4,
    )
    bottlenecks: tuple[float, ...] = setting(
        (1.0,),
        title="Bottleneck ratios",
        description="Width of a block over the width inside it: 0.25, 0.5, 1, 2 or 4. Below 1: inverted.",
        min_length=1,
    )
    max_group_width: int = setting(
        8,
        title="Largest group width",
        description="Channels per group of the 3×3 convolutions: 1, 2, 4, then multiples of 8, up to this.",
        unit="channels",
        ge=1,
        le=512,
    )

    _ratios = field_validator("bottlenecks")(checked_ratios)

    @model_validator(mode="after")
    def _ranges(self) -> RegNetConfig:
        if self.min_depth > self.max_depth:
            raise ValueError(f"the fewest blocks ({self.min_depth}) are more than the most ({self.max_depth})")
        if self.max_depth < self.num_stages:
            raise ValueError(
                f"{self.num_stages} stages need {self.num_stages} blocks, at most {self.max_depth} are allowed"
            )
        if self.w_a_units[0] > self.w_a_units[1]:
            raise ValueError(f"the smallest slope ({self.min_w_a:g}) is larger than the largest ({self.max_w_a:g})")
        if not self.num_lines[1]:
            raise ValueError(
                f"no network of these settings has exactly {self.num_stages} stages: more blocks or slope make more "
                "stages, a larger first width fewer"
            )
        return self

    @property
    def w_0s(self) -> tuple[int, ...]:
        return tuple(range(QUANTUM, self.max_w_0 + 1, QUANTUM))

    @property
    def w_a_units(self) -> tuple[int, int]:
        """Range of w_a in steps of 0.01."""
        return ceil(round(self.min_w_a * W_A_UNITS, 6)), floor(round(self.max_w_a * W_A_UNITS, 6))

    @property
    def w_m_units(self) -> tuple[int, int]:
        """Range of w_m in steps of 0.001."""
        return 2 * W_M_UNITS, floor(round(self.max_w_m * W_M_UNITS, 6))

    @property
    def num_lines(self) -> tuple[int, int]:
        """Lower and upper bound of how many (depth, w_0, w_a, w_m) make a network."""
        return count_valid(
            self.num_stages,
            (self.min_depth, self.max_depth),
            self.w_0s,
            self.w_a_units,
            self.w_m_units,
        )
