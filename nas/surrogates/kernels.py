"""Likeness of two encodings as a function of their distance: 1 for equal ones, towards 0 for unlike ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nas.surrogates.surrogate import Array

Kernel = Callable[[Array, Array, float], Array]
"""(n, axes), (m, axes), length > 0 → (n, m)."""


def hamming(a: Array, b: Array, length: float) -> Array:
    """exp(−d / length), d the sum of absolute differences.

    On one-hot encodings d is twice the number of choices that differ, on path encodings the number of paths that only
    one of the two has (White et al. 2021, arXiv 1910.11858).
    """
    likeness: Array = np.exp(-city_block(a, b) / length)
    return likeness


def rbf(a: Array, b: Array, length: float) -> Array:
    """exp(−d² / 2 length²), d the Euclidean distance."""
    likeness: Array = np.exp(-_squared(a, b) / (2 * length**2))
    return likeness


def matern52(a: Array, b: Array, length: float) -> Array:
    """(1 + r + r²/3) exp(−r), r = √5 d / length, d the Euclidean distance (Rasmussen and Williams 2006, equation 4.17)."""
    r = np.sqrt(5 * _squared(a, b)) / length
    likeness: Array = (1 + r + r**2 / 3) * np.exp(-r)
    return likeness


KERNELS: Mapping[str, Kernel] = {"hamming": hamming, "matern52": matern52, "rbf": rbf}


def city_block(a: Array, b: Array) -> Array:
    """(n, m) sums of absolute differences; one matrix product where all entries are 0 or 1."""
    if _is_binary(a) and _is_binary(b):
        distance: Array = a.sum(axis=1)[:, None] + b.sum(axis=1)[None, :] - 2 * (a @ b.T)  # |x − y| = x + y − 2xy
        return distance
    total = np.zeros((len(a), len(b)))
    for axis in range(a.shape[1]):
        total += np.abs(a[:, axis, None] - b[None, :, axis])
    return total


def _squared(a: Array, b: Array) -> Array:
    total = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :] - 2 * (a @ b.T)
    squared: Array = np.maximum(total, 0.0)
    return squared


def _is_binary(values: Array) -> bool:
    return bool(np.all((values == 0) | (values == 1)))
