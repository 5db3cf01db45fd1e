"""Networks side by side: their gradient against differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.surrogates.batched_mlp import Parameters, backward, forward


def test_the_gradient_is_that_of_the_mean_absolute_error() -> None:
    """Against differences, for every parameter of two members of different data."""
    rng = Generator(PCG64(6))
    parameters = Parameters(2, [3, 4, 4, 1], rng)
    parameters.flat += 0.05 * rng.normal(size=len(parameters.flat))
    inputs, targets = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5))

    def error() -> float:
        return float(np.abs(forward(parameters, inputs)[-1][:, :, 0] - targets).mean(axis=1).sum())

    gradient = parameters.zeros_like()
    values = forward(parameters, inputs)
    backward(parameters, gradient, values, np.sign(values[-1] - targets[:, :, None]) / 5)
    for place in range(len(parameters.flat)):
        before = parameters.flat[place]
        parameters.flat[place] = before + 1e-6
        above = error()
        parameters.flat[place] = before - 1e-6
        below = error()
        parameters.flat[place] = before
        assert gradient.flat[place] == pytest.approx((above - below) / 2e-6, abs=1e-5)
