"""ProxylessNAS: choices learned beside the weights of one network of all options, directly on the task and for its device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, InvalidGenotype
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.strategies.likeliest_paths import likeliest_paths
from nas.strategies.supernet_search import SupernetSearch, SupernetSearchConfig
from nas.supernets.penalty_prices import prices_of
from nas.supernets.proxyless_recipe import ProxylessRecipe
from nas.supernets.recipe import SupernetRecipe

_LOOKED_AT = 10_000
_PAPER: Mapping[str, Any] = {
    "epochs": 160,
    "warmup_epochs": 40,
    "batch_size": 256,
    "learning_rate": 0.05,
    "last_learning_rate": 0.0,
    "weight_decay": 4e-5,
    "gradient_clip": None,
    "label_smoothing": 0.1,
    "horizontal_flip": True,
    "architecture_rate": 0.001,
    "calibration_batches": 100,
}


class ProxylessConfig(ProxylessRecipe, SupernetSearchConfig):
    """The presets `paper_g` and `paper_r` are the published settings for ImageNet on `mobile` (preset `proxyless`); `mini` is
    for small colour images on `mobile` (preset `proxyless_mini`).
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper_g": {**_PAPER, "architecture_step": "two", "architecture_every": 5},
        "paper_r": {**_PAPER, "architecture_step": "reinforce", "architecture_every": 16},
        "mini": {"epochs": 7, "warmup_epochs": 2, "batch_size": 64},
    }


class Proxyless(SupernetSearch):
    """Section 3 of arXiv 1812.00332. What is found is the likeliest option of each row, trained from scratch.

    Where that breaks a limit known without training, or uses what is forbidden, the likeliest path that may be proposed takes
    its place.
    """

    name: ClassVar[str] = "proxyless"
    title: ClassVar[str] = "ProxylessNAS"
    summary: ClassVar[str] = (
        "Trains one network of all options with one path in memory, and learns by gradient which to keep, for a price if wanted."
    )
    source: ClassVar[str] = "Cai, Zhu and Han 2019, arXiv 1812.00332"
    training: ClassVar[str] = "proxyless"
    Recipe: ClassVar[type[SupernetRecipe]] = ProxylessRecipe
    Config: ClassVar[type[BaseConfig]] = ProxylessConfig
    config: ProxylessConfig

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if all(len(row.options) == 1 for row in self._rows):
            raise InvalidConfig.at(
                "space", f"{setup.space.title} offers one option everywhere; there is nothing to choose"
            )
        prices_of(config, setup)  # a table that lacks an entry is refused before anything runs

    def _finalists(self, rng: Generator) -> list[Genotype]:
        found: dict[str, Genotype] = {}
        for genotype in islice(self._from_the_likeliest(), _LOOKED_AT):
            if len(found) == self.config.num_trained:
                break
            if self.setup.is_feasible(genotype):
                found.setdefault(self.setup.space.canonical(genotype), genotype)
        if self.config.num_trained and not found:
            raise ConstraintLeavesNothing(
                f"none of the {_LOOKED_AT:,} likeliest architectures may be proposed under {self._rules}; "
                "loosen the limit, or put a higher price on the cost"
            )
        return list(found.values())

    def _from_the_likeliest(self) -> Iterator[Genotype]:
        space: Any = self.setup.space
        facts = self.history.last
        if self._derived is not None:
            yield self._derived
        for path in likeliest_paths(facts["data"]["probabilities"] if facts is not None else []):
            with suppress(InvalidGenotype):  # the space may tie choices of several rows together
                yield space.genotype_of(path)
