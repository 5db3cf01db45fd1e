"""Predicts how good architectures will be that are larger than all that were measured. Liu et al. 2018, arXiv 1712.00559, section 3.3.

An ensemble of small networks, each taught four fifths of the data; a logistic output, mean absolute error. Networks go on
learning where they were when new results come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.surrogates.batched_mlp import FlatAdam, Parameters, backward, forward
from nas.surrogates.surrogate import Array

_SHARE = 4 / 5
_BATCH = 32
_BLOCK = 1 << 22
"""Numbers that one layer may hold at a time while pairs are scored: 16 MB."""


@dataclass(frozen=True, slots=True)
class PredictorShape:
    num_members: int = 5
    width: int = 100
    epochs: int = 50


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean, smallest and largest prediction of the members, all (num_inputs,)."""

    mean: Array
    low: Array
    high: Array


class AccuracyPredictor:
    """Two layers of rectified units. Immutable: `learned` makes another one."""

    def __init__(self, shape: PredictorShape, parameters: Parameters) -> None:
        self.shape, self._parameters = shape, parameters

    @classmethod
    def begun(cls, inputs: Array, targets: Array, shape: PredictorShape, rng: Generator) -> AccuracyPredictor:
        """Untaught, its output the mean target whatever the input.

        Axes in which all `inputs` (n, num_axes) agree have no weight yet: what was never seen to matter says nothing.
        """
        parameters = Parameters(shape.num_members, (inputs.shape[1], shape.width, shape.width, 1), rng)
        parameters.layers[0][0][:, np.ptp(inputs, axis=0) == 0] = 0.0
        weights, bias = parameters.layers[-1]
        weights *= 0.1  # the first outputs lie close to the bias
        mean = float(np.clip(np.mean(targets), 0.01, 0.99))
        bias[:] = np.log(mean / (1 - mean))
        return cls(shape, parameters)

    @classmethod
    def stored(cls, flat: Array, num_axes: int, shape: PredictorShape) -> AccuracyPredictor:
        """From `flat`, as it was before. Raises ValueError when it has another size."""
        parameters = Parameters(shape.num_members, (num_axes, shape.width, shape.width, 1))
        if flat.shape != parameters.flat.shape:
            raise ValueError(f"the stored predictor has {flat.size} weights, not {parameters.flat.size}")
        parameters.flat[:] = flat
        return cls(shape, parameters)

    @property
    def flat(self) -> Array:
        """All weights; not to be changed."""
        return self._parameters.flat

    def learned(self, inputs: Array, targets: Array, learning_rate: float, rng: Generator) -> AccuracyPredictor:
        """After some epochs of Adam on inputs (n, num_axes) and targets (n,) between 0 and 1."""
        parameters = Parameters(self.shape.num_members, self._parameters.sizes)
        parameters.flat[:] = self._parameters.flat
        gradient, adam = parameters.zeros_like(), FlatAdam(parameters.flat, learning_rate)
        for batch in _batches(len(inputs), self.shape, rng):
            values = forward(parameters, inputs[batch])
            outputs = _logistic(values[-1])
            slopes = outputs * (1 - outputs) / batch.shape[1]
            backward(parameters, gradient, values, np.sign(outputs - targets[batch][:, :, None]) * slopes)
            adam.step(gradient.flat)
        return AccuracyPredictor(self.shape, parameters)

    def predict(self, inputs: Array) -> Forecast:
        shared = np.broadcast_to(inputs, (self.shape.num_members, *inputs.shape))
        outputs = _logistic(forward(self._parameters, shared)[-1][:, :, 0])
        return Forecast(outputs.mean(axis=0), outputs.min(axis=0), outputs.max(axis=0))

    def predict_sums(self, first: Array, second: Array) -> Array:
        """(num_first, num_second) mean predictions for the inputs first[i] + second[j].

        The first layer is linear before its threshold, so it is applied to the summands, not to all pairs. Single precision.
        """
        members = list(self._members())
        means = np.zeros((len(first), len(second)), dtype=np.float32)
        rows = max(1, _BLOCK // max(1, len(second) * self.shape.width))
        for (w1, b1), (w2, b2), (w3, b3) in members:
            ours = (first @ w1 + b1).astype(np.float32)
            theirs = (second @ w1).astype(np.float32)
            inner, outer = w2.astype(np.float32), w3.astype(np.float32)
            for begin in range(0, len(first), rows):
                hidden = ours[begin : begin + rows, None, :] + theirs[None, :, :]
                np.maximum(hidden, 0.0, out=hidden)
                flat = hidden.reshape(-1, self.shape.width) @ inner
                flat += b2.astype(np.float32)
                np.maximum(flat, 0.0, out=flat)
                logits = (flat @ outer)[:, 0] + np.float32(b3[0, 0])
                means[begin : begin + rows] += _logistic(logits).reshape(-1, len(second))
        mean: Array = means.astype(np.float64) / len(members)
        return mean

    def _members(self) -> Iterator[list[tuple[Array, Array]]]:
        for number in range(self.shape.num_members):
            yield [(weights[number], bias[number]) for weights, bias in self._parameters.layers]


def _batches(num: int, shape: PredictorShape, rng: Generator) -> Iterator[npt.NDArray[np.int64]]:
    """(members, batch) places in the data: epoch after epoch, each member on its own part, in its own order."""
    size = max(1, round(_SHARE * num))
    parts = rng.permuted(np.tile(np.arange(num), (shape.num_members, 1)), axis=1)[:, :size]
    for _ in range(shape.epochs):
        orders = rng.permuted(parts, axis=1)
        for begin in range(0, size, _BATCH):
            yield orders[:, begin : begin + _BATCH]


def _logistic(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Without overflow, in the precision of `values`."""
    shares: npt.NDArray[np.floating] = 0.5 + 0.5 * np.tanh(0.5 * values)
    return shares
