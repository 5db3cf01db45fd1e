"""Settings that spaces of mobile networks share: the stem before the blocks, the dropout behind them."""

from __future__ import annotations

from nas.core.config import Config, setting


class MobileEndsConfig(Config):
    """To be inherited by the configuration of a space."""

    stem_width: int = setting(
        16,
        title="Stem width",
        description="Channels of the first convolution.",
        unit="channels",
        ge=8,
        le=512,
        multiple_of=8,
    )
    stem_stride: int = setting(
        1, title="Stem stride", description="2 halves the image at once; for large images.", ge=1, le=2
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        description="Probability with which the last layer loses an input in training.",
        ge=0,
        lt=1,
        advanced=True,
    )
