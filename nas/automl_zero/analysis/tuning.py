"""Constants tuned by random search, all together (Real et al. 2020, arXiv 2003.03384, section S7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from nas.automl_zero.analysis.constants import constants, with_constants
from nas.automl_zero.program import Program

Score = Callable[[Sequence[Program]], npt.NDArray[np.float64]]
"""(K,): one fitness per program, larger is better; such as the mean over the tasks of an `Evaluator`."""

LARGEST_FACTOR = 1000.0
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best program that was found, its fitness, and that of the program as it was."""

    program: Program
    fitness: float
    fitness_before: float


def tune(program: Program, score: Score, rng: Generator, num_trials: int) -> Tuned:
    """In each trial every constant gets its own factor, log-uniform in [0.001, 1000]; the best wins, the first of equals.

    A program without constants stays as it is, and so does one that no trial betters.
    """
    before = float(score([program])[0])
    best, best_fitness = program, before
    values = np.array([constant.value for constant in constants(program)])
    span = math.log(LARGEST_FACTOR)
    for first in range(0, num_trials if len(values) else 0, AT_ONCE):
        num = min(AT_ONCE, num_trials - first)
        factors = np.exp(rng.uniform(-span, span, (num, len(values))))
        with np.errstate(over="ignore"):  # a score says what programs with infinite constants are worth
            rows = values * factors
        tried = [with_constants(program, row.tolist()) for row in rows]
        found = score(tried)
        place = int(np.argmax(found))
        if found[place] > best_fitness:
            best, best_fitness = tried[place], float(found[place])
    return Tuned(best, best_fitness, before)
