"""The model of progressive search: an ensemble, and how results become the numbers from 0 to 1 that it predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from nas.strategies.progressive_config import ProgressiveConfig
from nas.surrogates.accuracy_predictor import AccuracyPredictor
from nas.surrogates.surrogate import Array

_ENDS = 1e-3  # outputs nearer to 0 and 1 mean no more than these


@dataclass(frozen=True, slots=True)
class Scale:
    """A result with loss l becomes 1 / (1 + exp((l - centre) / spread)): ½ for a middling one, more for better ones.

    The paper predicts accuracy itself; this spreads out accuracies that lie close together and serves any metric.
    """

    centre: float
    spread: float

    @classmethod
    def of(cls, losses: Array) -> Scale:
        """From losses (n,); median and quartiles, so that a network that did not learn does not press others together."""
        low, centre, high = np.percentile(losses, [25, 50, 75])
        spread = float(high - low) or float(np.std(losses)) or 1.0
        return cls(float(centre), spread)

    def goodness(self, losses: Array) -> Array:
        good: Array = 0.5 - 0.5 * np.tanh(0.5 * (losses - self.centre) / self.spread)
        return good

    def loss(self, goodness: Array) -> Array:
        """The inverse of `goodness`."""
        inside = np.clip(goodness, _ENDS, 1 - _ENDS)
        found: Array = self.centre - self.spread * np.log(inside / (1 - inside))
        return found


@dataclass(frozen=True, slots=True)
class Model:
    """What predicts losses; immutable."""

    scale: Scale
    predictor: AccuracyPredictor

    @classmethod
    def first(cls, inputs: Array, losses: Array, config: ProgressiveConfig, rng: Generator) -> Model:
        """Taught by inputs (n, num_axes) and losses (n,)."""
        scale = Scale.of(losses)
        targets = scale.goodness(losses)
        begun = AccuracyPredictor.begun(inputs, targets, config.predictor, rng)
        return cls(scale, begun.learned(inputs, targets, config.learning_rate, rng))

    def taught(self, inputs: Array, losses: Array, config: ProgressiveConfig, rng: Generator) -> Model:
        """The model after more results came in; all that are remembered are learned from."""
        predictor = self.predictor.learned(inputs, self.scale.goodness(losses), config.later_learning_rate, rng)
        return Model(self.scale, predictor)

    def tensors(self) -> dict[str, Array]:
        return {"weights": self.predictor.flat, "scale": np.array([self.scale.centre, self.scale.spread])}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array], num_axes: int, config: ProgressiveConfig) -> Model:
        """The inverse of `tensors`. Raises KeyError and ValueError for what is none."""
        centre, spread = map(float, tensors["scale"])
        return cls(Scale(centre, spread), AccuracyPredictor.stored(tensors["weights"], num_axes, config.predictor))

    def losses(self, inputs: Array) -> tuple[Array, Array, Array]:
        """Expected, and the lowest and highest that a member expects, each (n,)."""
        found = self.predictor.predict(inputs)
        return self.scale.loss(found.mean), self.scale.loss(found.high), self.scale.loss(found.low)
