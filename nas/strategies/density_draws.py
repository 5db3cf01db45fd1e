"""Who proposes inside BOHB: architectures from densities of the better and the worse ones at the longest training known.
Falkner et al. 2018, arXiv 1807.01774, sections 3.2 and 4.1; its release, hpbandster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from nas.core.config import Config, setting
from nas.core.parameter import Parameter, Value
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.strategy import AskTell
from nas.strategies.named_choices import named_choices
from nas.strategies.rung_entries import Entry, best_first
from nas.surrogates.kernel_density import KernelDensity, impute


class DensityConfig(Config):
    """What BOHB says of its model."""

    random_share: float = setting(
        1 / 3, title="Random share", description="Of the proposals, drawn from the space alone.", ge=0, le=1
    )
    top_share: float = setting(
        0.15,
        title="Good share",
        description="The best of a length, which the density of good ones is made of.",
        gt=0,
        lt=1,
    )
    num_samples: int = setting(
        64,
        title="Samples",
        description="Draws from the density of good ones, of which the most promising is proposed.",
        ge=1,
        le=10_000,
        advanced=True,
    )
    bandwidth_factor: float = setting(
        3.0, title="Bandwidth factor", description="Draws spread so many times as wide.", gt=0, le=100, advanced=True
    )
    min_bandwidth: float = setting(
        1e-3, title="Smallest bandwidth", description="Of a range from 0 to 1.", gt=0, le=1, advanced=True
    )
    remembered: int = setting(
        500,
        title="Remembered results",
        description="At each length, that the densities are made of: the latest, and the best quarter of those there are.",
        unit="results",
        ge=10,
        le=10_000,
        advanced=True,
    )


@dataclass(slots=True)
class Observation:
    """An architecture by its parameters' positions; `metrics` is None for a failed training."""

    positions: dict[str, float]
    metrics: Mapping[str, float] | None


class DensityDraws(AskTell):
    """Learns by `observe`, from every length of training; what it is told as an inner strategy adds nothing to that."""

    name = "density_draws"
    title = "Densities of good and bad"
    summary = "Draws where good ones are dense and bad ones are not."
    source = "Falkner et al. 2018, arXiv 1807.01774"
    Config = DensityConfig

    config: DensityConfig

    def __init__(self, config: DensityConfig, setup: SearchSetup) -> None:
        super().__init__(config, setup)
        self._choices = named_choices(setup.space)
        self._seen: dict[int, list[Observation]] = {}  # by epochs

    def observe(self, genotype: Genotype, epochs: int, metrics: Mapping[str, float] | None) -> None:
        """What came of a training so long."""
        values = self._choices.values_of(genotype)
        positions = {name: _position(self._choices.parameter(name), values[name]) for name in sorted(values)}
        at_length = self._seen.setdefault(epochs, [])
        at_length.append(Observation(positions, None if metrics is None else dict(sorted(metrics.items()))))
        if len(at_length) > self.config.remembered:
            best = {entry.id for entry in self._ranked(at_length)[: self.config.remembered // 4]}
            del at_length[next(place for place in range(len(at_length)) if place not in best)]

    def _ranked(self, seen: Sequence[Observation]) -> list[Entry]:
        """The best first, each by its place in `seen`."""
        return best_first([Entry(place, 0, 0, None, one.metrics) for place, one in enumerate(seen)], self.setup)

    def _propose(self, proposal_id: int, rng: Generator) -> Proposal | None:
        is_random = rng.random() < self.config.random_share
        model = None if is_random else self._model(rng)
        if model is None:
            return Proposal(proposal_id, self._draw_feasible(lambda: self.setup.sample(rng)), operator="random")
        axes, good, bad = model
        tried: list[None] = []

        def draw() -> Genotype:
            tried.append(None)
            genotype = self._most_promising(axes, good, bad, rng) if len(tried) <= MODEL_DRAWS else None
            return self.setup.sample(rng) if genotype is None else genotype

        return Proposal(proposal_id, self._draw_feasible(draw), operator="model")

    def _model(self, rng: Generator) -> tuple[list[Parameter], KernelDensity, KernelDensity] | None:
        """Of the longest training with enough results; None while there is none."""
        for epochs in sorted(self._seen, reverse=True):
            seen = self._seen[epochs]
            names = sorted({name for one in seen for name in one.positions})
            if len(seen) >= len(names) + 2:
                return self._fitted([self._choices.parameter(name) for name in names], seen, rng)
        return None

    def _fitted(
        self, axes: list[Parameter], seen: Sequence[Observation], rng: Generator
    ) -> tuple[list[Parameter], KernelDensity, KernelDensity]:
        """The best `top_share` against the others, each at least d + 1: they overlap where there are fewer (equation 3)."""
        ranked = [seen[entry.id].positions for entry in self._ranked(seen)]
        points = np.array([[one.get(axis.name, np.nan) for axis in axes] for one in ranked], dtype=np.float64)
        num_options = np.array([len(axis.values) for axis in axes], dtype=np.int64)
        fewest = len(axes) + 1
        num_good = max(fewest, int(self.config.top_share * len(seen)))
        num_bad = max(fewest, len(seen) - num_good)
        good, bad = (
            KernelDensity.fitted(impute(part, num_options, rng), num_options, min_bandwidth=self.config.min_bandwidth)
            for part in (points[:num_good], points[-num_bad:])
        )
        return axes, good, bad

    def _most_promising(
        self, axes: Sequence[Parameter], good: KernelDensity, bad: KernelDensity, rng: Generator
    ) -> Genotype | None:
        """Of samples of `good` the one with the largest ratio of densities; None where the space refuses it."""
        drawn = good.sample(self.config.num_samples, rng, widened=self.config.bandwidth_factor)
        best = drawn[int(np.argmax(good.log_density(drawn) - np.maximum(bad.log_density(drawn), LOWEST)))]
        positions = {axis.name: float(position) for axis, position in zip(axes, best, strict=True)}

        def choose(parameter: Parameter) -> Value:
            if parameter.name not in positions:
                return parameter.sample(rng)
            return _value(parameter, positions[parameter.name])

        return self._choices.decide(choose)

    def _learn(self, proposal: Proposal, result: Result) -> None:
        """`observe` has said it already."""

    def _save(self) -> Mapping[str, Any]:
        return {
            "seen": [
                {
                    "epochs": epochs,
                    "names": (names := sorted({name for one in seen for name in one.positions})),
                    "positions": [[one.positions.get(name) for name in names] for one in seen],
                    "metrics": [one.metrics for one in seen],
                }
                for epochs, seen in sorted(self._seen.items())
            ]
        }

    def _load(self, data: Mapping[str, Any]) -> None:
        self._seen = {
            int(one["epochs"]): [
                Observation({n: float(p) for n, p in zip(one["names"], row, strict=True) if p is not None}, metrics)
                for row, metrics in zip(one["positions"], one["metrics"], strict=True)
            ]
            for one in data["seen"]
        }


MODEL_DRAWS = 100
"""Draws of the model that may break a constraint before the space itself is drawn from."""

LOWEST = float(np.log(1e-32))
"""Of a density's logarithm: where nothing bad is near, a little more of good counts nothing less."""


def _position(parameter: Parameter, value: Value) -> float:
    """Numbers from 0 to 1 on their scale, categories by their number."""
    position = parameter.position(value)
    return float(round(position * (len(parameter.values) - 1))) if parameter.kind == "categorical" else position


def _value(parameter: Parameter, position: float) -> Value:
    return parameter.values[int(position)] if parameter.kind == "categorical" else parameter.at(position)
