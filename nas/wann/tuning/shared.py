"""One weight for all connections: drawn at random, or the best of a sweep; and each connection drawn for itself.

Gaier and Ha 2019, arXiv 1906.04358, section 4: weights come from −2 … 2.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from nas.wann.tuning.ground import Floats, Ground
from nas.wann.tuning.part import Part

LIMIT = 2.0
SWEEP = tuple(round(0.1 * step, 10) for step in range(-20, 21))


def random_shared(ground: Ground, rng: Generator, num_draws: int, part: Part) -> Floats:
    """(num_draws,) quality, a new shared weight for each."""
    return ground.quality_shared(rng.uniform(-LIMIT, LIMIT, num_draws), part)


def random_weights(ground: Ground, rng: Generator, num_draws: int, part: Part) -> Floats:
    """(num_draws,) quality, a new weight for each connection."""
    return ground.quality(rng.uniform(-LIMIT, LIMIT, (num_draws, ground.num_weights)), part)


def tuned_shared(ground: Ground, sweep: tuple[float, ...] = SWEEP) -> float:
    """The value with the best quality on the training part, of equal ones the first."""
    values = np.array(sweep)
    return float(values[int(ground.quality_shared(values, "train").argmax())])
