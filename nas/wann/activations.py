"""The activations of weight agnostic networks. Gaier and Ha 2019, arXiv 1906.04358, and the code published with it.

They are numbered as in the files of that code. A saved network names them by these numbers; they never change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activation:
    """One of them. They are computed in nas/wann/vector_math.py, compiled, and in nas/wann/forward.py, where gradients are needed."""

    id: int
    name: str
    title: str


_ALL = (
    Activation(1, "linear", "Linear"),
    Activation(2, "step", "Step"),
    Activation(3, "sine", "Sine"),
    Activation(4, "gaussian", "Gaussian"),
    Activation(5, "tanh", "Hyperbolic tangent"),
    Activation(6, "sigmoid", "Sigmoid"),
    Activation(7, "inverse", "Inverse"),
    Activation(8, "absolute", "Absolute value"),
    Activation(9, "relu", "ReLU"),
    Activation(10, "cosine", "Cosine"),
    Activation(11, "square", "Square"),
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
