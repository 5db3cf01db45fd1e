"""An ensemble of small feed-forward networks that disagree where they saw little. White et al. 2021, arXiv 1910.11858.

All members are trained side by side, each on its own order of the data, as one batched matrix product per layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from nas.surrogates.surrogate import Array, Belief

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-8


@dataclass(frozen=True, slots=True)
class Training:
    """The published setting: 5 members of 10 layers of 20 units; mean absolute error; Adam, 150 epochs, batches of 32."""

    num_members: int = 5
    num_layers: int = 10
    width: int = 20
    epochs: int = 150
    batch_size: int = 32
    learning_rate: float = 0.01


class MlpEnsemble:
    """Trained when made; `rng` gives first weights and orders of data."""

    def __init__(self, inputs: Array, targets: Array, training: Training, rng: Generator) -> None:
        """inputs: (n, axes); targets: (n,)."""
        self._mean = float(np.mean(targets))
        self._scale = float(np.std(targets)) or 1.0
        sizes = [inputs.shape[1], *[training.width] * training.num_layers, 1]
        self._parameters = _Parameters(training.num_members, sizes, rng)
        self._train(inputs, (targets - self._mean) / self._scale, training, rng)

    def predict(self, inputs: Array) -> Belief:
        """Mean and standard deviation over the members."""
        outputs = self._members(inputs)
        return Belief(outputs.mean(axis=0), outputs.std(axis=0))

    def draw(self, inputs: Array, rng: Generator) -> Array:
        """One member, each equally likely."""
        outputs = self._members(inputs)
        drawn: Array = outputs[rng.integers(len(outputs))]
        return drawn

    def _members(self, inputs: Array) -> Array:
        """(members, n) predictions."""
        shared = np.broadcast_to(inputs, (self._parameters.num_members, *inputs.shape))
        outputs: Array = self._mean + self._scale * _forward(self._parameters, shared)[-1][:, :, 0]
        return outputs

    def _train(self, inputs: Array, targets: Array, training: Training, rng: Generator) -> None:
        parameters, gradient = self._parameters, self._parameters.zeros_like()
        adam = _Adam(parameters.flat, training.learning_rate)
        for _ in range(training.epochs):
            orders = rng.permuted(np.tile(np.arange(len(inputs)), (training.num_members, 1)), axis=1)
            for begin in range(0, len(inputs), training.batch_size):
                batch = orders[:, begin : begin + training.batch_size]
                _backward(parameters, gradient, inputs[batch], targets[batch])
                adam.step(gradient.flat)


class _Parameters:
    """Weights and biases of all members in one flat array, and views of them layer by layer."""

    def __init__(self, num_members: int, sizes: Sequence[int], rng: Generator | None = None) -> None:
        """Weights N(0, 2 / inputs) (He et al. 2015), biases 0; all 0 without a generator."""
        self.num_members, self.sizes = num_members, sizes
        self.flat = np.zeros(num_members * sum((a + 1) * b for a, b in pairwise(sizes)))
        self.layers: list[tuple[Array, Array]] = []
        begin = 0
        for a, b in pairwise(sizes):
            middle, end = begin + num_members * a * b, begin + num_members * (a + 1) * b
            weights = self.flat[begin:middle].reshape(num_members, a, b)
            if rng is not None:
                weights[:] = rng.normal(scale=np.sqrt(2 / a), size=weights.shape)
            self.layers.append((weights, self.flat[middle:end].reshape(num_members, 1, b)))
            begin = end

    def zeros_like(self) -> _Parameters:
        return _Parameters(self.num_members, self.sizes)


def _forward(parameters: _Parameters, inputs: Array) -> list[Array]:
    """What each layer gives, the input first: (members, n, units). ReLU between layers."""
    values: list[Array] = [inputs]
    last = len(parameters.layers) - 1
    for place, (weights, bias) in enumerate(parameters.layers):
        out = values[-1] @ weights
        out += bias
        if place < last:
            np.maximum(out, 0.0, out=out)
        values.append(out)
    return values


def _backward(parameters: _Parameters, gradient: _Parameters, inputs: Array, targets: Array) -> None:
    """The gradient of each member's mean absolute error, written into `gradient`."""
    values = _forward(parameters, inputs)
    back = np.sign(values[-1] - targets[:, :, None]) / targets.shape[1]
    for place in reversed(range(len(parameters.layers))):
        weights_gradient, bias_gradient = gradient.layers[place]
        np.matmul(values[place].transpose(0, 2, 1), back, out=weights_gradient)
        np.sum(back, axis=1, keepdims=True, out=bias_gradient)
        if place:
            back = back @ parameters.layers[place][0].transpose(0, 2, 1)
            back *= values[place] > 0


class _Adam:
    """Kingma and Ba 2015, arXiv 1412.6980, in place: most of the time of a step would otherwise go into new arrays."""

    def __init__(self, flat: Array, learning_rate: float) -> None:
        self._flat, self._learning_rate = flat, learning_rate
        self._first, self._second, self._work = np.zeros_like(flat), np.zeros_like(flat), np.zeros_like(flat)
        self._step = 0

    def step(self, gradient: Array) -> None:
        work = self._work
        self._step += 1
        np.multiply(gradient, 1 - _BETA_1, out=work)
        self._first *= _BETA_1
        self._first += work
        np.multiply(gradient, gradient, out=work)
        work *= 1 - _BETA_2
        self._second *= _BETA_2
        self._second += work
        np.sqrt(self._second, out=work)
        work += _EPSILON
        np.divide(self._first, work, out=work)
        work *= self._learning_rate * math.sqrt(1 - _BETA_2**self._step) / (1 - _BETA_1**self._step)
        self._flat -= work
