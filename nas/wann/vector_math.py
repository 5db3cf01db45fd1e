"""The activations on rows of numbers, compiled to vector instructions.

The functions of the standard library take one number at a time; these are polynomials that run on several at once, right to
about 1e-13. None gives a subnormal number (what a Gaussian easily does), with which processors are slow.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nas.wann.compiled import compiled, jit

Row = npt.NDArray[np.float64]

_ROUNDING = 1.5 * 2.0**52
"""Added to a number below 2^51 it leaves the nearest whole number in the lowest bits."""
_LOG2_E = 1 / math.log(2)
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_UNDERFLOW = -700.0
"""exp of less is taken as 0; the true value is below 1e-304."""

_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11 = (1 / math.factorial(k) for k in range(2, 12))


def _sine(k: int) -> float:
    """The coefficient of r^(2k+1) in sin(πr)."""
    return (-1 if k % 2 else 1) * math.pi ** (2 * k + 1) / math.factorial(2 * k + 1)


_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8 = map(_sine, range(9))


@jit
def exp_of_negative(x: float) -> float:
    """exp(x) for x ≤ 0: 2^n times a Taylor polynomial on |r| ≤ ln 2 / 2. NaN stays NaN."""
    shifted = x * _LOG2_E + _ROUNDING
    n = shifted - _ROUNDING
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = ((((_E11 * r + _E10) * r + _E9) * r + _E8) * r + _E7) * r + _E6
    p = ((((p * r + _E5) * r + _E4) * r + _E3) * r + _E2) * r + 1.0
    p = p * r + 1.0
    bits = np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    power: float = np.int64(bits).view(np.float64)
    return 0.0 if x < _UNDERFLOW else power


@jit
def sine_of_turn(r: float) -> float:
    """sin(πr) for |r| ≤ 1/2: a Taylor polynomial."""
    s = r * r
    p = ((((_S8 * s + _S7) * s + _S6) * s + _S5) * s + _S4) * s + _S3
    return (((p * s + _S2) * s + _S1) * s + _S0) * r


@jit
def sign_of_turn(n: float) -> float:
    """(−1)^n for a whole number."""
    sign: float = 1.0 - 2.0 * (n - 2.0 * np.floor(0.5 * n))
    return sign


@compiled
def activate(activation: int, z: Row) -> None:  # noqa: PLR0912 - one branch per activation
    """Apply an activation (nas/wann/activations.py) to each number of `z`, in place. The reduction of sine and cosine is exact
    (by np.floor: here math.floor gives integers of 64 bits, and values grow beyond)."""
    if activation == 2:
        for i in range(len(z)):
            z[i] = 1.0 if z[i] > 0 else 0.0
    elif activation == 3:
        for i in range(len(z)):
            n = np.floor(z[i] + 0.5)
            z[i] = sine_of_turn(z[i] - n) * sign_of_turn(n)
    elif activation == 4:
        for i in range(len(z)):
            z[i] = exp_of_negative(-0.5 * z[i] * z[i])
    elif activation == 5:
        for i in range(len(z)):
            small = exp_of_negative(-2.0 * abs(z[i]))
            z[i] = math.copysign((1.0 - small) / (1.0 + small), z[i])
    elif activation == 6:
        for i in range(len(z)):
            larger = 1.0 / (1.0 + exp_of_negative(-abs(z[i])))
            z[i] = larger if z[i] >= 0 else 1.0 - larger
    elif activation == 7:
        for i in range(len(z)):
            z[i] = -z[i]
    elif activation == 8:
        for i in range(len(z)):
            z[i] = abs(z[i])
    elif activation == 9:
        for i in range(len(z)):
            z[i] = 0.0 if z[i] <= 0 else z[i]  # asked in this way, what is no number stays none
    elif activation == 10:
        for i in range(len(z)):
            n = np.floor(z[i] + 0.5)
            z[i] = sine_of_turn(0.5 - abs(z[i] - n)) * sign_of_turn(n)
    elif activation == 11:
        for i in range(len(z)):
            z[i] = z[i] * z[i]
