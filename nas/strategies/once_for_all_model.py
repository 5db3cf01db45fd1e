"""What accuracy a network of an elastic one has, learned from some that were scored. Cai et al. 2020, arXiv 1908.09791, section 3.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.random import Generator

from nas.analysis.statistics import kendall_tau_b
from nas.surrogates.mlp_ensemble import MlpEnsemble, Training
from nas.surrogates.surrogate import Array, Belief

HELD_OUT = 0.2

_MOST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Quality:
    """How the model did on the networks it did not learn from.

    Attributes:
      rmse: root of the mean squared error, in accuracy.
      tau: Kendall's tau-b; None where it cannot be said.
      num_taught: networks that it learned from.
      predicted, low, high, measured: of the held-out networks; low and high are one standard deviation of the members away.
    """

    rmse: float
    tau: float | None
    num_taught: int
    predicted: tuple[float, ...] = field(default=())
    low: tuple[float, ...] = field(default=())
    high: tuple[float, ...] = field(default=())
    measured: tuple[float, ...] = field(default=())

    @classmethod
    def of(cls, belief: Belief, measured: Array, num_taught: int) -> Self:
        shown = slice(_MOST_SHOWN)
        columns = (belief.mean, belief.mean - belief.std, belief.mean + belief.std, measured)
        return cls(
            float(np.sqrt(np.mean((belief.mean - measured) ** 2))),
            kendall_tau_b(belief.mean, measured),
            num_taught,
            *(tuple(map(float, column[shown])) for column in columns),
        )

    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        columns = (tuple(map(float, value[name])) for name in ("predicted", "low", "high", "measured"))
        return cls(float(value["rmse"]), value["tau"], int(value["num_taught"]), *columns)


@dataclass(frozen=True, slots=True)
class AccuracyModel:
    """An ensemble, and how it did."""

    ensemble: MlpEnsemble
    quality: Quality

    @classmethod
    def taught(cls, features: Array, accuracies: Array, training: Training, rng: Generator) -> Self:
        """By four fifths of the networks, (n, num_axes) and (n,), drawn at random; judged by the last fifth."""
        order = rng.permutation(len(accuracies))
        num_held_out = max(1, round(HELD_OUT * len(order)))
        held_out, taught = order[:num_held_out], order[num_held_out:]
        ensemble = MlpEnsemble(features[taught], accuracies[taught], training, rng)
        return cls(ensemble, Quality.of(ensemble.predict(features[held_out]), accuracies[held_out], len(taught)))

    def predict(self, features: Array) -> Array:
        """(n,) expected accuracies."""
        return self.ensemble.predict(features).mean
