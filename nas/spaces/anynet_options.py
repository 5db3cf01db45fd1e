"""What the depths and widths of AnyNet stages may be, and how likely each is drawn."""

from __future__ import annotations

from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=256)
def spaced(low: int, high: int, step: int, number: int) -> tuple[int, ...]:
    """Multiples of `step` from `low` to `high`: all of them for `number` = 0, else `number` of them at about equal ratios.

    Radosavovic et al. 2019, arXiv 1905.13214, table 1, write "low, high, number". Values that would coincide move up by one
    step. Raises ValueError when there are not so many multiples.
    """
    first, last = -(-low // step), high // step
    if last < first:
        raise ValueError(f"there is no multiple of {step} from {low} to {high}")
    if number == 0:
        return tuple(step * n for n in range(first, last + 1))
    if number > last - first + 1:
        raise ValueError(f"there are only {last - first + 1} multiples of {step} from {low} to {high}, not {number}")
    if number == 1:
        return (step * last,)
    ratio = (last / first) ** (1 / (number - 1))
    chosen: list[int] = []
    for place in range(number):
        earliest = chosen[-1] + 1 if chosen else first
        latest = last - (number - 1 - place)  # leaves room for those still to come
        chosen.append(min(latest, max(earliest, round(first * ratio**place))))
    return tuple(step * n for n in chosen)


@lru_cache(maxsize=256)
def log_uniform_chances(values: tuple[int, ...]) -> NDArray[np.float64]:
    """Chances of increasing values when one draws log-uniform and rounds up to the next of them.

    As the reference code of arXiv 2003.13678 draws multiples of a step: the interval below the first value is one step
    wide, but ends at half of it at least.
    """
    step = values[1] - values[0] if len(values) > 1 else values[0]
    edges = [values[0] - min(step, values[0] / 2), *values]
    chances = np.diff([log(edge) for edge in edges])
    return np.asarray(chances / chances.sum())
