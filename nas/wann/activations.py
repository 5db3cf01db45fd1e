"""The activations of weight agnostic networks. Gaier and Ha 2019, arXiv 1906.04358, and the code published with it.

They are numbered as in the files of that code. A saved network names them by these numbers; they never change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Activation:
    """One of them: `formula` in z for people, `apply` on arrays of any shape and precision."""

    id: int
    name: str
    title: str
    formula: str
    apply: Callable[[Values], Values]


def _logistic(values: Values) -> Values:
    """Without overflow on either side."""
    small = np.exp(-np.abs(values))
    shares: Values = np.where(values >= 0, 1.0, small) / (1.0 + small)
    return shares


_ALL = (
    Activation(1, "linear", "Linear", "z", lambda z: z),
    Activation(2, "step", "Step", "1 where z > 0, else 0", lambda z: (z > 0).astype(z.dtype)),
    Activation(3, "sine", "Sine", "sin(πz)", lambda z: np.sin(np.pi * z)),
    Activation(4, "gaussian", "Gaussian", "exp(−z²/2)", lambda z: np.exp(-z * z / 2)),
    Activation(5, "tanh", "Hyperbolic tangent", "tanh z", np.tanh),
    Activation(6, "sigmoid", "Sigmoid", "1 / (1 + exp(−z))", _logistic),
    Activation(7, "inverse", "Inverse", "−z", np.negative),
    Activation(8, "absolute", "Absolute value", "|z|", np.abs),
    Activation(9, "relu", "ReLU", "max(0, z)", lambda z: np.maximum(z, 0)),
    Activation(10, "cosine", "Cosine", "cos(πz)", lambda z: np.cos(np.pi * z)),
    Activation(11, "square", "Square", "z²", np.square),
)

ACTIVATIONS: dict[int, Activation] = {activation.id: activation for activation in _ALL}
"""By id. The paper uses 1 to 10; its code knows 11 as well."""

ACTIVATION_IDS: dict[str, int] = {activation.name: activation.id for activation in _ALL}
"""Ids by name."""

LARGEST_SLOPE: Mapping[int, float] = {
    1: 1.0,
    2: 0.0,
    3: math.pi,
    4: math.exp(-0.5),
    5: 1.0,
    6: 0.25,
    7: 1.0,
    8: 1.0,
    9: 1.0,
    10: math.pi,
}
"""Bound of |f'|, by id, of the activations that have one."""
