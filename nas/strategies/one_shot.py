"""One-shot search: a supernet of sums trained with path dropout, then random paths scored with its weights."""

from __future__ import annotations

from typing import ClassVar

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.strategies.shared_score_config import SharedScoreConfig, TimedPathsConfig
from nas.strategies.shared_score_search import SharedScoreSearch
from nas.supernets.one_shot_recipe import OneShotRecipe
from nas.supernets.recipe import SupernetRecipe


class OneShotConfig(SharedScoreConfig, TimedPathsConfig, OneShotRecipe):
    num_samples: int = setting(
        60,
        title="Architectures scored",
        description="Drawn at random, as the space draws them.",
        unit="architectures",
        ge=1,
        le=10_000,
    )


class OneShot(SharedScoreSearch):
    """Bender et al. 2018: all candidates are summed, some are left out more and more often, so that weights bear it."""

    name: ClassVar[str] = "one_shot"
    title: ClassVar[str] = "One-shot (sum)"
    summary: ClassVar[str] = (
        "Trains one network that sums all candidates, leaving some out at random, and scores random architectures in it."
    )
    source: ClassVar[str] = (
        'Bender et al. 2018, "Understanding and simplifying one-shot architecture search" (ICML 2018)'
    )
    training: ClassVar[str] = "one_shot"
    Recipe: ClassVar[type[SupernetRecipe]] = OneShotRecipe
    Config: ClassVar[type[BaseConfig]] = OneShotConfig
    config: OneShotConfig

    def _num_random(self) -> int:
        return self.config.num_samples
