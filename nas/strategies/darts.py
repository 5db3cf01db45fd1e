"""DARTS: one network of all operations, weighed by alphas that are learned by gradient; the strongest edges are what is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.strategies.eigenvalue_stop import EigenvalueStop
from nas.strategies.supernet_search import SupernetSearch, SupernetSearchConfig
from nas.supernets.darts_recipe import DartsRecipe
from nas.supernets.penalty_prices import prices_of
from nas.supernets.recipe import SupernetRecipe
from nas.supernets.search_size import searched_space

_PAPER: Mapping[str, Any] = {
    "epochs": 50,
    "batch_size": 64,
    "learning_rate": 0.025,
    "last_learning_rate": 0.001,
    "momentum": 0.9,
    "weight_decay": 3e-4,
    "gradient_clip": 5.0,
    "crop_padding": 4,
    "horizontal_flip": True,
    "alpha_rate": 3e-4,
    "alpha_beta1": 0.5,
    "alpha_weight_decay": 1e-3,
    "search_filters": 16,
    "search_cells": 8,
}


class DartsSearchConfig(SupernetSearchConfig, DartsRecipe):
    """The presets are the published settings for CIFAR-10; the defaults suit small images and a few hundred steps."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper_first": {**_PAPER, "order": "first"},
        "paper_second": {**_PAPER, "order": "second"},
    }

    epochs: int = setting(12, title="Epochs", description="Of the supernet's training.", unit="epochs", ge=1, le=10_000)
    alpha_rate: float = setting(
        0.02,
        title="Learning rate of the alphas",
        description="Of Adam; the paper has 0.0003 for 20,000 steps, a search of a few hundred needs a larger one.",
        gt=0,
        le=10,
    )
    eigenvalue_from: int = setting(
        10,
        title="Earliest stop by eigenvalue",
        description="The search is never ended as of an earlier epoch; the paper has 10.",
        unit="epochs",
        ge=1,
        le=10_000,
        advanced=True,
    )


class DartsSearch(SupernetSearch):
    """What is found is derived from the last alphas; more architectures to be trained are those derived before, latest first."""

    name: ClassVar[str] = "darts"
    title: ClassVar[str] = "DARTS"
    summary: ClassVar[str] = (
        "Trains one network of all operations and learns by gradient how much each counts; keeps the strongest."
    )
    source: ClassVar[str] = "Liu et al. 2019, arXiv 1806.09055"
    training: ClassVar[str] = "darts"
    Recipe: ClassVar[type[SupernetRecipe]] = DartsRecipe
    Config: ClassVar[type[BaseConfig]] = DartsSearchConfig
    config: DartsSearchConfig

    def __init__(self, config: Any, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        if setup.space.size().upper == 1:
            raise InvalidConfig.at(
                "space", f"{setup.space.title} holds a single architecture here, so there is nothing to choose"
            )
        searched_space(setup.space, config.search_filters, config.search_cells)
        prices_of(config, setup)  # a latency table that lacks an entry is refused before anything runs
        self._sharpness = EigenvalueStop(config.eigenvalue_from)
        self._ended: Mapping[str, Any] | None = None  # the facts from which to derive, where not the last ones

    def _stops_early(self) -> str:
        facts = self.history.last
        if facts is None:
            return ""
        if self.config.early_stop == "skips" and facts["data"]["phase"] == "search":
            if (found := facts["data"]["skips"]) >= self.config.skip_limit:
                return f"{found} skip connections in the derived cell (limit {self.config.skip_limit})"
        elif self.config.early_stop == "eigenvalue":
            self._sharpness.add(facts)
            if (earlier := self._sharpness.verdict()) is not None:
                self._ended = earlier
                return f"the loss became sharp in the alphas; what was derived after epoch {earlier['epoch']} counts"
        return ""

    def _finalists(self, rng: Generator) -> list[Genotype]:
        """Raises ConstraintLeavesNothing where nothing that was derived may be proposed."""
        found: dict[str, Genotype] = {}
        for genotype in self._derived_ones():
            if len(found) < self.config.num_trained and self.setup.is_feasible(genotype):
                found.setdefault(self.setup.space.canonical(genotype), genotype)
        if self.config.num_trained and not found:
            raise ConstraintLeavesNothing(
                f"nothing that the search derived may be proposed under {self._rules}; loosen the limit, or put a price on the "
                "cost"
            )
        return list(found.values())

    def _derived_ones(self) -> Iterator[Genotype]:
        """The one that counts, then those of earlier epochs, latest first; operations forbidden meanwhile are passed over."""
        last = self._ended if self._ended is not None else self.history.last
        if last is None:
            return
        for facts in (last, *reversed(self.history.epochs)):
            if facts["epoch"] > last["epoch"] or (facts is not last and facts["data"]["phase"] != "search"):
                continue
            if not self.setup.forbidden:
                yield self.setup.space.validate(facts["genotype"])
                continue
            rows = zip(self._rows, facts["data"]["probabilities"], strict=True)
            allowed = [
                [
                    -1.0 if name in self.setup.forbidden else share
                    for name, share in zip(row.options, shares, strict=True)
                ]
                for row, shares in rows
            ]
            yield self.setup.space.derived(allowed)  # type: ignore[attr-defined]  # `requires` has Shareable

    def _save(self) -> Mapping[str, Any]:
        return {**super()._save(), "sharpness": self._sharpness.as_json(), "ended": self._ended}

    def _load(self, data: Mapping[str, Any]) -> None:
        super()._load(data)
        self._sharpness.load(data["sharpness"])
        self._ended = data["ended"]
