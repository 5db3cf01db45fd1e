"""How much an evaluation promises, from what a surrogate believes: values to be maximised, for losses to be minimised."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from nas.surrogates.surrogate import Array, Belief


def expected_improvement(belief: Belief, best: float, xi: float = 0.0) -> Array:
    """E[max(best − ξ − f, 0)] (Jones, Schonlau and Welch 1998). Without uncertainty the improvement itself."""
    gain = best - belief.mean - xi
    z = _standardised(gain, belief.std)
    density = np.exp(-0.5 * np.square(z)) / math.sqrt(2 * math.pi)
    certain: Array = np.maximum(gain, 0.0)
    return np.where(belief.std > 0, gain * _cumulative(z) + belief.std * density, certain)


def probability_of_improvement(belief: Belief, best: float, xi: float = 0.0) -> Array:
    """P(f < best − ξ) (Kushner 1964). Without uncertainty 0 or 1."""
    gain = best - belief.mean - xi
    return np.where(belief.std > 0, _cumulative(_standardised(gain, belief.std)), (gain > 0).astype(float))


def lower_confidence_bound(belief: Belief, kappa: float) -> Array:
    """−(μ − κ s): κ = 0 exploits only, a large κ goes where least is known."""
    return -(belief.mean - kappa * belief.std)


def independent_thompson(belief: Belief, rng: Generator) -> Array:
    """−N(μ, s²), drawn for each candidate apart (White et al. 2021, arXiv 1910.11858, section 5)."""
    return -(belief.mean + belief.std * rng.standard_normal(len(belief.mean)))


def _standardised(gain: Array, std: Array) -> Array:
    return np.divide(gain, std, out=np.zeros_like(gain), where=std > 0)


def _cumulative(z: Array) -> Array:
    """Φ, the distribution function of the standard normal."""
    return 0.5 * (1 + np.array([math.erf(value) for value in (z / math.sqrt(2)).tolist()]))
