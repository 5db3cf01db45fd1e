"""The settings of single-path training. No torch here: forms read it."""

from __future__ import annotations

from typing import Literal

from nas.core.config import setting
from nas.supernets.recipe import SupernetRecipe


class SinglePathRecipe(SupernetRecipe):
    sampling: Literal["uniform", "fair", "macs_uniform"] = setting(
        "uniform",
        title="Sampling of paths",
        description="Every path alike; fair: each step trains every option of each place once, on the same batch; even over "
        "MACs: first a range of costs, then a path in it.",
    )
    macs_bins: int = setting(
        7,
        title="Ranges of MACs",
        description="Of equal width; only with sampling that is even over MACs.",
        ge=2,
        le=100,
        advanced=True,
    )
