"""An ensemble of small feed-forward networks that disagree where they saw little. White et al. 2021, arXiv 1910.11858.

All members are trained side by side, each on its own order of the data, as one batched matrix product per layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.random import Generator

from nas.surrogates.batched_mlp import FlatAdam, Parameters, backward, forward
from nas.surrogates.surrogate import Array, Belief

_BETA_2 = 0.99


@dataclass(frozen=True, slots=True)
class Training:
    """The published setting: 5 members of 10 layers of 20 units; mean absolute error; Adam, 150 epochs, batches of 32.

    `loss`: "absolute" learns the median of what it saw, "squared" the mean.
    """

    num_members: int = 5
    num_layers: int = 10
    width: int = 20
    epochs: int = 150
    batch_size: int = 32
    learning_rate: float = 0.01
    loss: Literal["absolute", "squared"] = "absolute"


class MlpEnsemble:
    """Trained when made; `rng` gives first weights and orders of data."""

    def __init__(self, inputs: Array, targets: Array, training: Training, rng: Generator) -> None:
        """inputs: (n, axes); targets: (n,)."""
        self._mean = float(np.mean(targets))
        self._scale = float(np.std(targets)) or 1.0
        self._parameters = Parameters(training.num_members, _sizes(inputs.shape[1], training), rng)
        self._train(inputs, (targets - self._mean) / self._scale, training, rng)

    @classmethod
    def stored(cls, flat: Array, num_axes: int, training: Training) -> Self:
        """From `flat`, as it was before. Raises ValueError when it has another size."""
        made = cls.__new__(cls)
        made._parameters = Parameters(training.num_members, _sizes(num_axes, training))
        if flat.shape != (made._parameters.flat.size + 2,):
            raise ValueError(f"the stored ensemble has {flat.size} numbers, not {made._parameters.flat.size + 2}")
        made._mean, made._scale = map(float, flat[:2])
        made._parameters.flat[:] = flat[2:]
        return made

    @property
    def flat(self) -> Array:
        """All that `stored` needs."""
        return np.concatenate([[self._mean, self._scale], self._parameters.flat])

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
        outputs: Array = self._mean + self._scale * forward(self._parameters, shared)[-1][:, :, 0]
        return outputs

    def _train(self, inputs: Array, targets: Array, training: Training, rng: Generator) -> None:
        parameters, gradient = self._parameters, self._parameters.zeros_like()
        adam = FlatAdam(parameters.flat, training.learning_rate, beta_2=_BETA_2)
        for _ in range(training.epochs):
            orders = rng.permuted(np.tile(np.arange(len(inputs)), (training.num_members, 1)), axis=1)
            for begin in range(0, len(inputs), training.batch_size):
                batch = orders[:, begin : begin + training.batch_size]
                values = forward(parameters, inputs[batch])
                errors = values[-1] - targets[batch][:, :, None]
                d_outputs = (np.sign(errors) if training.loss == "absolute" else 2 * errors) / batch.shape[1]
                backward(parameters, gradient, values, d_outputs)
                adam.step(gradient.flat)


def _sizes(num_axes: int, training: Training) -> list[int]:
    return [num_axes, *[training.width] * training.num_layers, 1]
