"""Random numbers inside compiled code: xoshiro256++ (Blackman and Vigna, arXiv 1805.01407), started by splitmix64.

A state is four words of uint64 somewhere in an array; every function takes the array and where the state begins.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nas.automl_zero.compiled import jit
from nas.automl_zero.lanes import get, put

WORDS = 4
"""uint64 words of a state."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


@jit
def mix(left: Any, right: Any) -> Any:
    """One word of two; the finish of splitmix64 scatters them."""
    word = (left + _GOLDEN) ^ ((right << np.uint64(32)) | (right >> np.uint64(32)))
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@jit
def start(states: Any, at: int, seed: Any) -> None:
    """The state that belongs to `seed` (uint64)."""
    for place in range(WORDS):
        seed = seed + _GOLDEN
        word = (seed ^ (seed >> np.uint64(30))) * _FIRST
        word = (word ^ (word >> np.uint64(27))) * _SECOND
        put(states, at + place, word ^ (word >> np.uint64(31)))


@jit
def bits(states: Any, at: int) -> Any:
    """The next 64."""
    first, second, third, fourth = get(states, at), get(states, at + 1), get(states, at + 2), get(states, at + 3)
    total = first + fourth
    drawn = ((total << np.uint64(23)) | (total >> np.uint64(41))) + first
    shifted = second << np.uint64(17)
    third = third ^ first
    fourth = fourth ^ second
    put(states, at + 1, second ^ third)
    put(states, at, first ^ fourth)
    put(states, at + 2, third ^ shifted)
    put(states, at + 3, (fourth << np.uint64(45)) | (fourth >> np.uint64(19)))
    return drawn


@jit
def uniform(states: Any, at: int) -> float:
    """In [0, 1), a multiple of 2^-53."""
    return float(bits(states, at) >> np.uint64(11)) * _TO_UNIT


@jit
def below(states: Any, at: int, limit: int) -> int:
    """0 … limit - 1, all alike but for a part in 2^53 / limit."""
    return int(uniform(states, at) * limit)


@jit
def gaussians(states: Any, at: int) -> tuple[float, float]:
    """Two independent ones from N(0, 1) (Box and Muller)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(states, at)))
    angle = 2.0 * math.pi * uniform(states, at)
    return radius * math.cos(angle), radius * math.sin(angle)
