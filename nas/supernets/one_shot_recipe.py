"""The settings of one-shot training. No torch here: forms read it."""

from __future__ import annotations

from nas.core.config import setting
from nas.supernets.recipe import SupernetRecipe


class OneShotRecipe(SupernetRecipe):
    path_dropout: float = setting(
        0.05,
        title="Path dropout",
        description="At the end of training; a place with k candidates drops each with the k-th root of it. Grows from 0.",
        ge=0,
        lt=1,
    )
