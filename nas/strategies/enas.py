"""ENAS: a controller and the shared weights of all architectures learn from each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing
from nas.core.proposal import Genotype
from nas.core.space import Sequential, Shareable
from nas.core.view import View
from nas.strategies.controller_views import learning_view
from nas.strategies.supernet_search import SupernetSearch, SupernetSearchConfig
from nas.supernets.enas_recipe import EnasRecipe
from nas.supernets.recipe import SupernetRecipe


class EnasConfig(SupernetSearchConfig, EnasRecipe):
    """Presets: what the published scripts set for CIFAR-10; the learning rate falls once, without restarts."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "micro": {
            "epochs": 150,
            "batch_size": 160,
            "learning_rate": 0.05,
            "last_learning_rate": 0.0005,
            "nesterov": True,
            "weight_decay": 1e-4,
            "controller_rate": 0.0035,
            "controller_updates": 30,
            "samples_per_update": 10,
            "tanh_constant": 1.1,
        },
        "macro": {
            "epochs": 310,
            "batch_size": 128,
            "learning_rate": 0.05,
            "last_learning_rate": 0.001,
            "nesterov": True,
            "weight_decay": 2.5e-4,
            "controller_rate": 0.001,
            "controller_updates": 50,
            "samples_per_update": 20,
            "tanh_constant": 1.5,
        },
    }


class Enas(SupernetSearch):
    """The controller lives beside the weights, in the checkpoint; this side sees what each epoch came to.

    At the end those architectures are trained from scratch that scored best with the shared weights among those drawn last.
    """

    name: ClassVar[str] = "enas"
    title: ClassVar[str] = "ENAS"
    summary: ClassVar[str] = "A controller learns which architectures score well with weights that all of them share."
    source: ClassVar[str] = "Pham et al. 2018, arXiv 1802.03268"
    training: ClassVar[str] = "enas"
    Recipe: ClassVar[type[SupernetRecipe]] = EnasRecipe
    requires: ClassVar[tuple[type, ...]] = (Sequential, Shareable)
    Config: ClassVar[type[BaseConfig]] = EnasConfig
    config: EnasConfig

    def _finalists(self, rng: Generator) -> list[Genotype]:
        """Raises ConstraintLeavesNothing where rules that changed after the last epoch leave none of what was drawn then."""
        last = self.history.last
        assert last is not None  # there are weights, so an epoch ended
        samples = sorted(last["data"]["samples"], key=lambda sample: -sample["accuracy"])
        drawn = [self.setup.space.validate(sample["genotype"]) for sample in samples]
        found = [genotype for genotype in drawn if self.setup.is_feasible(genotype)]
        if self.config.num_trained and not found:
            raise ConstraintLeavesNothing(
                f"none of the {len(drawn)} architectures that the controller drew last may be proposed under {self._rules}; "
                "loosen the limit"
            )
        return found[: self.config.num_trained]

    def _score_before(self, genotype: Genotype | None) -> float | None:
        """Also of what was drawn at the end of the last epoch, where most finalists come from."""
        if genotype is None:
            return None
        score = super()._score_before(genotype)
        last = self.history.last
        if score is not None or last is None:
            return score
        form = self.setup.space.canonical(genotype)
        samples = last["data"]["samples"]
        return next((s["accuracy"] for s in samples if self.setup.space.canonical(s["genotype"]) == form), None)

    def views(self) -> list[View]:
        rows = [(*update, 0.0) for facts in self.history.epochs for update in facts["data"]["controller"]]
        return [*super().views(), learning_view(rows[-500:], num_controllers=1, accumulate=1)]
