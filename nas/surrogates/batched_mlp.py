"""Feed-forward networks of one shape side by side: one batched matrix product per layer serves them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from nas.surrogates.surrogate import Array

_BETA_1, _EPSILON = 0.9, 1e-8


class Parameters:
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

    def zeros_like(self) -> Parameters:
        return Parameters(self.num_members, self.sizes)


def forward(parameters: Parameters, inputs: Array) -> list[Array]:
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


def backward(parameters: Parameters, gradient: Parameters, values: list[Array], d_outputs: Array) -> None:
    """The gradient of each member's loss, written into `gradient`, from what `forward` gave and (members, n, 1) `d_outputs`."""
    back = d_outputs
    for place in reversed(range(len(parameters.layers))):
        weights_gradient, bias_gradient = gradient.layers[place]
        np.matmul(values[place].transpose(0, 2, 1), back, out=weights_gradient)
        np.sum(back, axis=1, keepdims=True, out=bias_gradient)
        if place:
            back = back @ parameters.layers[place][0].transpose(0, 2, 1)
            back *= values[place] > 0


class FlatAdam:
    """Kingma and Ba 2015, arXiv 1412.6980, in place: most of the time of a step would otherwise go into new arrays."""

    def __init__(self, flat: Array, learning_rate: float, *, beta_2: float = 0.999) -> None:
        """`flat` is what is changed."""
        self._flat, self._learning_rate, self._beta_2 = flat, learning_rate, beta_2
        self._first, self._second, self._work = np.zeros_like(flat), np.zeros_like(flat), np.zeros_like(flat)
        self._step = 0

    def step(self, gradient: Array) -> None:
        work = self._work
        self._step += 1
        np.multiply(gradient, 1 - _BETA_1, out=work)
        self._first *= _BETA_1
        self._first += work
        np.multiply(gradient, gradient, out=work)
        work *= 1 - self._beta_2
        self._second *= self._beta_2
        self._second += work
        np.sqrt(self._second, out=work)
        work += _EPSILON
        np.divide(self._first, work, out=work)
        work *= self._learning_rate * math.sqrt(1 - self._beta_2**self._step) / (1 - _BETA_1**self._step)
        self._flat -= work
