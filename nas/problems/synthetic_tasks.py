"""Tasks whose labels a formula gives: linear, affine, a teacher network (Real et al. 2020, arXiv 2003.03384, sections 3 and 4.1).

All numbers are drawn from N(0, 1). A task has two generators: one draws what makes the labels, the other the features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.automl_zero.task_data import Labels

Numbers = npt.NDArray[np.float64]
Function = Callable[[Numbers], Numbers]
"""(n, F) features → (n,) labels."""


def linear(num_features: int, rng: Generator, dead_units: int) -> Function:
    """y = w·x."""
    weights = rng.standard_normal(num_features)
    return lambda features: features @ weights


def affine(num_features: int, rng: Generator, dead_units: int) -> Function:
    """y = w·x + a."""
    weights, shift = rng.standard_normal(num_features), rng.standard_normal()
    return lambda features: features @ weights + shift


def teacher(num_features: int, rng: Generator, dead_units: int) -> Function:
    """y = u·relu(M x), as many hidden units as features; every second unit is dead until there are `dead_units`.

    The released code has two dead ones, 0 and 2.
    """
    hidden = rng.standard_normal((num_features, num_features))
    out = rng.standard_normal(num_features)
    dead = np.arange(num_features)[::2][:dead_units]
    hidden[dead], out[dead] = 0.0, 0.0
    return lambda features: np.maximum(features @ hidden.T, 0.0) @ out


def teacher_sign(num_features: int, rng: Generator, dead_units: int) -> Function:
    """1 where a teacher's answer is positive, else 0."""
    answer = teacher(num_features, rng, dead_units)
    return lambda features: (answer(features) > 0).astype(np.float64)


SYNTHETIC: Mapping[str, tuple[Callable[[int, Generator, int], Function], Labels]] = {
    "linear": (linear, Labels.NUMBER),
    "affine": (affine, Labels.NUMBER),
    "teacher": (teacher, Labels.NUMBER),
    "teacher_sign": (teacher_sign, Labels.BINARY),
}
