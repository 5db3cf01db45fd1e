"""The swing-up of a pole on a cart: its start, its length, and many episodes of it at once.

The equations of the code published with Gaier and Ha 2019 (arXiv 1906.04358), by explicit Euler steps: positions advance with
the old speeds. The reward of a step is (cos θ + 1)/2 · cos(π/2 · x/2.4), so 1,000 steps return at most 1,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nas.wann.control import LANES, Acting
from nas.wann.topology import Topology

Floats = npt.NDArray[np.float64]

NUM_INPUTS, NUM_OUTPUTS = 5, 1
"""Position, its speed, cos θ, sin θ, the speed of θ; the push, cut off at ±1."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`dt` in seconds."""

    dt: float
    steps: int


PACES = {"standard": Pace(0.01, 1000), "hard": Pace(0.05, 200)}
"""In the hard variant the network answers five times less often."""


def starts(seed: int, episodes: int) -> Floats:
    """(episodes, 4): position, speed, angle, turning speed; the pole hangs, all with a standard deviation of 0.2."""
    middle = np.array([0.0, 0.0, np.pi, 0.0])
    draws = [
        np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed + number]))).standard_normal(4)
        for number in range(episodes)
    ]
    return middle + 0.2 * np.array(draws).reshape(episodes, 4)


def swing_up_returns(topology: Topology, weights: Floats, states: Floats, pace: Pace) -> tuple[Floats, int]:
    """Returns (K, episodes) for `weights` (K, connections) and `states` (episodes, 4), and the steps carried out."""
    from nas.wann.kernels import swing_up

    acting = Acting.of(topology)
    num_vectors, num_episodes = len(weights), len(states)
    vector, episode = np.divmod(np.arange(num_vectors * num_episodes), num_episodes)
    found = np.empty(num_vectors * num_episodes)
    done = 0
    for first in range(0, len(found), LANES):
        lanes = slice(first, first + LANES)
        spread = np.ascontiguousarray(weights[vector[lanes]].T, dtype=np.float64)
        found[lanes], steps = swing_up(
            acting.start, acting.source, acting.activation, spread, states[episode[lanes]], pace.dt, pace.steps
        )
        done += steps
    return found.reshape(num_vectors, num_episodes), done
