"""Settings that several spaces of stacked cells have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import model_validator

from nas.core.config import Config, setting


def in_order(chosen: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """What was chosen in the order of `known`. Raises ValueError when something stands twice."""
    if len(set(chosen)) != len(chosen):
        raise ValueError("each can be chosen once")
    return tuple(sorted(chosen, key=known.index))


class CellConfig(Config):
    """Of every space of stacked cells."""

    blocks: int = setting(
        5, title="Blocks", description="Pairs of operations in each cell.", unit="blocks", ge=1, le=10
    )
    dropout: float = setting(
        0.0, title="Dropout", description="Share of features dropped before the classifier.", advanced=True, ge=0, lt=1
    )
    drop_path: float = setting(
        0.0,
        title="Drop path",
        description="How often an operation of the last cell is left out at the end of the training; earlier ones less.",
        advanced=True,
        ge=0,
        lt=1,
    )
    auxiliary_head: bool = setting(
        False,
        title="Auxiliary head",
        description="A second classifier two thirds up the network that acts in training only; its map needs 5×5.",
        advanced=True,
    )


class StackedConfig(CellConfig):
    """Of spaces stacked as NASNet is."""

    repeats: int = setting(
        1, title="Cells per stage", description="Normal cells in each of the three stages.", unit="cells", ge=1, le=20
    )
    filters: int = setting(
        8,
        title="Filters",
        description="Channels of each block in the first stage; the second has twice, the third four times as many.",
        unit="channels",
        ge=4,
        le=512,
    )
    stem: Literal["small", "large"] = setting(
        "small",
        title="Stem",
        description="For small images one convolution; for large ones a strided convolution and two reduction cells.",
    )
    stem_filters: int = setting(
        32,
        title="Filters of the large stem",
        description="Channels of the strided convolution; the small stem has three times the filters.",
        unit="channels",
        advanced=True,
        ge=4,
        le=512,
    )

    @model_validator(mode="after")
    def _has_room_in_the_stem(self) -> StackedConfig:
        if self.stem == "large" and self.filters < 8:
            raise ValueError(
                "with the large stem, whose first cell has a quarter of the filters, filters must be at least 8"
            )
        return self
