"""Settings that all spaces of networks in stages have: the range of MACs, and what comes before the stages."""

from __future__ import annotations

from nas.core.config import setting
from nas.spaces.macs_range import MacsRangeConfig
from nas.spaces.staged_network import StemKind


class StagedConfig(MacsRangeConfig):
    """To be inherited by the configuration of a space."""

    stem: StemKind = setting("conv3x3", title="Stem", description="What comes before the stages.", advanced=True)
    stem_width: int = setting(
        16, title="Stem width", description="Channels of the stem.", unit="channels", advanced=True, ge=4, le=256
    )
    first_stage_stride: int = setting(
        1,
        title="Stride of the first stage",
        description="All later stages halve the sides.",
        advanced=True,
        ge=1,
        le=2,
    )
