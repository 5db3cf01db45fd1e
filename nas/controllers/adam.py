"""Adam, for weights kept by name. Kingma and Ba 2015, arXiv 1412.6980, algorithm 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nas.controllers.lstm import Array

Weights = Mapping[str, Array]
"""Weights by name. Never changed in place, so that whoever pulled them keeps what was pulled."""

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class Adam:
    """Moments and the number of steps; `step` gives new weights."""

    def __init__(self, learning_rate: float, weights: Weights) -> None:
        self.learning_rate = learning_rate
        self.num_steps = 0
        self.first: Weights = {name: np.zeros_like(value) for name, value in weights.items()}
        self.second: Weights = dict(self.first)

    def step(self, weights: Weights, gradients: Weights) -> Weights:
        self.num_steps += 1
        self.first = {n: _BETA1 * m + (1 - _BETA1) * gradients[n] for n, m in self.first.items()}
        self.second = {n: _BETA2 * v + (1 - _BETA2) * gradients[n] ** 2 for n, v in self.second.items()}
        rate = self.learning_rate * np.sqrt(1 - _BETA2**self.num_steps) / (1 - _BETA1**self.num_steps)
        epsilon = _EPSILON * np.sqrt(1 - _BETA2**self.num_steps)  # as if it were added to the corrected root
        return {n: w - rate * self.first[n] / (np.sqrt(self.second[n]) + epsilon) for n, w in weights.items()}
