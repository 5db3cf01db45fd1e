"""An exact Gaussian process on encodings. Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", chapter 2."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from nas.surrogates.kernels import Kernel, city_block
from nas.surrogates.surrogate import Array, Belief

_JITTERS = (0.0, *(10.0**power for power in range(-8, -2)))
_LENGTHS = tuple(2.0**power for power in range(-2, 5))
"""Tried by `fit`, in units of the median distance between inputs."""

_NOISES = (1e-3, 1e-2, 1e-1, 3e-1)
"""Tried by `fit`, in units of the signal."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """Length of the kernel; standard deviations of signal and noise."""

    length: float
    signal: float = 1.0
    noise: float = 1e-3


class GaussianProcess:
    """The posterior after `targets` (n,) at `inputs` (n, axes). O(n³) to make, O(n²) per prediction."""

    def __init__(
        self,
        inputs: Array,
        targets: Array,
        kernel: Kernel,
        hyperparameters: Hyperparameters,
        *,
        prior_mean: float | None = None,
    ) -> None:
        """`prior_mean`: what is expected far from all inputs; the mean of the targets when None."""
        self._inputs, self._kernel, self._hyper = inputs, kernel, hyperparameters
        self._mean = float(np.mean(targets)) if prior_mean is None else prior_mean
        covariance = self._covariance(inputs, inputs)
        covariance[np.diag_indices(len(inputs))] += hyperparameters.noise**2
        root = _root(covariance)
        self._inverse_root = np.linalg.inv(root)  # the posterior needs L⁻¹ for every batch of inputs
        whitened = self._inverse_root @ (targets - self._mean)
        self._weights = self._inverse_root.T @ whitened
        self.log_marginal_likelihood = (
            -0.5 * float(whitened @ whitened) - _half_log_determinant(root) - _normaliser(root)
        )

    def predict(self, inputs: Array) -> Belief:
        """Of the function itself: without the noise of a measurement."""
        across = self._covariance(self._inputs, inputs)  # (n, m)
        explained = np.square(self._inverse_root @ across).sum(axis=0)
        variance = np.maximum(self._hyper.signal**2 - explained, 0.0)
        return Belief(self._mean + across.T @ self._weights, np.sqrt(variance))

    def draw(self, inputs: Array, rng: Generator) -> Array:
        """One joint sample of the posterior."""
        across = self._covariance(self._inputs, inputs)
        explained = self._inverse_root @ across
        root = _root(self._covariance(inputs, inputs) - explained.T @ explained)
        sample: Array = self._mean + across.T @ self._weights + root @ rng.standard_normal(len(inputs))
        return sample

    def _covariance(self, a: Array, b: Array) -> Array:
        return self._hyper.signal**2 * self._kernel(a, b, self._hyper.length)


def fit(inputs: Array, targets: Array, kernel: Kernel) -> Hyperparameters:
    """The most likely of a grid of lengths and noises, with the signal that suits each best (closed form).

    The first of equals. Constant targets tell nothing: the middle of the grid, signal 1.
    """
    centred = targets - np.mean(targets)
    unit = _median_distance(inputs)
    if not np.any(centred):
        return Hyperparameters(_LENGTHS[len(_LENGTHS) // 2] * unit, 1.0, _NOISES[0])
    best, best_likelihood = Hyperparameters(unit), -math.inf
    for length in _LENGTHS:
        likeness = kernel(inputs, inputs, length * unit)
        for noise in _NOISES:
            covariance = likeness.copy()
            covariance[np.diag_indices(len(inputs))] += noise**2
            root, whitened = _root_and_whitened(covariance, centred, noise)
            signal = math.sqrt(float(np.square(whitened).mean()))
            # With that signal the quadratic term is n / 2 for every pair, so it does not decide.
            likelihood = -_half_log_determinant(root) - len(inputs) * math.log(signal)
            if likelihood > best_likelihood + 1e-9:
                best, best_likelihood = Hyperparameters(length * unit, signal, noise * signal), likelihood
    return best


def _median_distance(inputs: Array) -> float:
    """Of each two inputs that differ; in the city-block metric, whose scale serves every kernel. 1 when all are equal."""
    distances = city_block(inputs, inputs)
    apart = distances[distances > 0]
    return float(np.median(apart)) if len(apart) else 1.0


def _root(covariance: Array) -> Array:
    """The Cholesky factor, with as little jitter as it needs; of a matrix that stays indefinite, its nearest semidefinite one."""
    identity = np.eye(len(covariance))
    scale = float(np.mean(np.diag(covariance))) or 1.0
    for jitter in _JITTERS:
        try:
            return np.asarray(np.linalg.cholesky(covariance + jitter * scale * identity), dtype=np.float64)
        except np.linalg.LinAlgError:
            continue
    values, vectors = np.linalg.eigh(covariance)
    clipped = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return np.asarray(np.linalg.cholesky(clipped + _JITTERS[-1] * scale * identity), dtype=np.float64)


def _root_and_whitened(covariance: Array, values: Array, noise: float) -> tuple[Array, Array]:
    """L and L⁻¹ values by one factorisation: L⁻¹ values is the last row of the factor of the bordered matrix.

    The corner must exceed valuesᵀ K⁻¹ values, which is at most |values|² / noise²; values are scaled so that 1 does.
    """
    size, scale = len(values), noise / math.sqrt(2 * float(values @ values))
    bordered = np.ones((size + 1, size + 1))
    bordered[:size, :size] = covariance
    bordered[size, :size] = bordered[:size, size] = scale * values
    root = _root(bordered)
    return root[:size, :size], root[size, :size] / scale


def _half_log_determinant(root: Array) -> float:
    return float(np.log(np.diag(root)).sum())


def _normaliser(root: Array) -> float:
    return 0.5 * len(root) * math.log(2 * math.pi)
