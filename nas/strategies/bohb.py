"""BOHB: Hyperband whose candidates come from densities of the better and the worse. Falkner et al. 2018, arXiv 1807.01774.

Deviations: those of `hyperband`; the densities know the latest results of each length only; several objectives and
constraints are understood (good is what is first by constrained domination).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from nas.core.setup import SearchSetup
from nas.strategies.density_draws import DensityConfig, DensityDraws
from nas.strategies.fidelity_race import Runner
from nas.strategies.hyperband import BracketsConfig, Hyperband
from nas.strategies.rung_entries import Entry


class BohbConfig(DensityConfig, BracketsConfig):
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {"max_epochs": 81}}

    def make_inner(self, setup: SearchSetup) -> DensityDraws:
        model = {name: getattr(self, name) for name in DensityConfig.model_fields}
        return DensityDraws(DensityConfig(**model), setup)


class Bohb(Hyperband):
    """Hyperband's brackets; every judged training teaches the densities at once."""

    name = "bohb"
    title = "BOHB"
    summary = "Hyperband whose candidates are drawn where the better ones so far are dense and the worse ones are not."
    source = "Falkner et al. 2018, arXiv 1807.01774"
    Config = BohbConfig

    config: BohbConfig
    _inner: DensityDraws

    def _enter(self, entry: Entry, runner: Runner) -> None:
        if entry.genotype is not None:
            self._inner.observe(entry.genotype, self._ladder[runner.rung], entry.metrics)
        super()._enter(entry, runner)
