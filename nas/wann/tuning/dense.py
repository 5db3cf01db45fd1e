"""Fully connected networks with one hidden layer, to compare a topology of so many connections with."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional


def dense_params(num_inputs: int, width: int, num_outputs: int) -> int:
    """Weights and biases of a network with one hidden layer."""
    return (num_inputs + 1) * width + (width + 1) * num_outputs


def nearest_width(num_inputs: int, num_outputs: int, params: int) -> int:
    """The width whose number of parameters is nearest to `params`; of two equally near the smaller."""
    exact = (params - num_outputs) / (num_inputs + 1 + num_outputs)
    below = max(1, math.floor(exact))
    return min((below, below + 1), key=lambda width: abs(dense_params(num_inputs, width, num_outputs) - params))


def covering_width(num_inputs: int, num_outputs: int, params: int) -> int:
    """The smallest width with at least `params` parameters."""
    return max(1, math.ceil((params - num_outputs) / (num_inputs + 1 + num_outputs)))


class Dense(nn.Module):
    """(N, I) → ReLU of `width` hidden units → (N, O)."""

    mask: Tensor

    def __init__(
        self, num_inputs: int, width: int, num_outputs: int, rng: Generator, *, kept: int | None = None
    ) -> None:
        """`kept`: that many parameters, drawn evenly from all weights and biases, are trained; the others are 0 for ever."""
        super().__init__()
        self.sizes = (num_inputs, width, num_outputs)
        total = dense_params(*self.sizes)
        drawn = [
            rng.uniform(-1, 1, (readers * (sources + 1))) / math.sqrt(sources)
            for sources, readers in ((num_inputs, width), (width, num_outputs))
        ]
        mask = np.zeros(total, dtype=np.float32)
        mask[rng.choice(total, total if kept is None else kept, replace=False)] = 1.0
        self.register_buffer("mask", torch.from_numpy(mask))
        self.weights = nn.Parameter(torch.from_numpy(np.concatenate(drawn).astype(np.float32)) * self.mask)

    @property
    def num_trained(self) -> int:
        return int(self.mask.sum())

    def forward(self, x: Tensor) -> Tensor:
        num_inputs, width, num_outputs = self.sizes
        values = self.weights * self.mask
        cut = (num_inputs + 1) * width
        first, second = values[:cut], values[cut:]
        hidden = _layer(x.flatten(1), first.view(width, num_inputs + 1)).relu()
        return _layer(hidden, second.view(num_outputs, width + 1))


def _layer(x: Tensor, weight: Tensor) -> Tensor:
    """The last column is the bias."""
    return functional.linear(x, weight[:, :-1], weight[:, -1])
