"""Programs that need no evaluation because an equal one had it (functional equivalence checking, section S3; compiled).

A key stands for programs that are taken to be equal: the name of the live code, or a fingerprint of what they predict in a short
probe. The released code keeps the 100,000 results used last and forgets one after 100 uses, so that it is measured anew.
Here the table is divided into sets of WAYS places; inside a set the one used longest ago makes room.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nas.automl_zero.compiled import jit
from nas.automl_zero.generator import mix

WAYS = 4

_ODD = np.uint64(0x9FB21C651E98DF25)
"""Multiplying by it and folding scatters the bits well enough, in a third of the time of `mix`."""


class Cache(NamedTuple):
    """Attributes:
    keys: (S · WAYS,) 0 where there is none; within a set the one used last comes first.
    values: (S · WAYS, 2) fitness of the first stage and of all tasks, NaN where not known.
    uses: (S · WAYS,) since it was put in.
    """

    keys: npt.NDArray[np.uint64]
    values: npt.NDArray[np.float64]
    uses: npt.NDArray[np.int64]


def make_cache(num_results: int) -> Cache:
    """For at least that many, rounded up to a power of two."""
    places = WAYS
    while places < num_results:
        places *= 2
    return Cache(np.zeros(places, np.uint64), np.full((places, 2), np.nan), np.zeros(places, np.int64))


@jit
def _move(cache: Any, source: int, target: int) -> None:
    cache.keys[target] = cache.keys[source]
    cache.values[target, 0] = cache.values[source, 0]
    cache.values[target, 1] = cache.values[source, 1]
    cache.uses[target] = cache.uses[source]


@jit
def _where(cache: Any, key: Any) -> tuple[int, int]:
    """The first place of its set, and its own or -1."""
    first = WAYS * int(key & np.uint64(len(cache.keys) // WAYS - 1))
    for place in range(first, first + WAYS):
        if cache.keys[place] == key:
            return first, place
    return first, -1


@jit
def look_up(cache: Any, key: Any, forget_every: int) -> tuple[bool, float, float]:
    """Whether it is known, and what is. After `forget_every` uses it is forgotten (0: never)."""
    first, place = _where(cache, key)
    if place < 0:
        return False, math.nan, math.nan
    stage, full, uses = cache.values[place, 0], cache.values[place, 1], cache.uses[place] + 1
    if uses == forget_every:
        for later in range(place, first + WAYS - 1):
            _move(cache, later + 1, later)
        cache.keys[first + WAYS - 1] = 0
        return True, stage, full
    for earlier in range(place, first, -1):
        _move(cache, earlier - 1, earlier)
    cache.keys[first] = key
    cache.values[first, 0] = stage
    cache.values[first, 1] = full
    cache.uses[first] = uses
    return True, stage, full


@jit
def remember(cache: Any, key: Any, stage: float, full: float) -> None:
    """Put in what is known, in front; a key that is there keeps its uses."""
    first, place = _where(cache, key)
    if place < 0:
        for later in range(first + WAYS - 1, first, -1):
            _move(cache, later - 1, later)
        place = first
        cache.keys[place] = key
        cache.uses[place] = 0
    cache.values[place, 0] = stage
    cache.values[place, 1] = full


@jit
def fingerprint(record: Any, num_steps: int, rows: int, lanes: int, num_tasks: int, truncated: bool, word: Any) -> Any:
    """A word of the probe of all tasks, in whichever lanes and groups they are.

    The released code takes errors. To the last bit we take predictions: beside a label a very small one leaves no trace in
    the error, and programs that are about to run away would pass for programs that predict nothing.

    Args:
      record: (G, steps · rows · L) predictions, or errors where `truncated`; NaN where a task had been stopped.
      truncated: errors count as equal when (1 - 2/pi atan(e)) agrees to eight decimals; else predictions, to the last bit.
      word: uint64 to begin with.
    """
    bits = record.view(np.uint64)
    for task in range(num_tasks):
        own = word
        group, lane = task // lanes, task % lanes
        for k in range(num_steps * rows):
            at = k * lanes + lane
            value = record[group, at]
            if math.isnan(value):
                seen = np.uint64(0x7FF8000000000000)
            elif truncated:
                seen = np.uint64(int((1.0 - (2.0 / math.pi) * math.atan(value)) * 1e8))
            else:
                seen = bits[group, at]
            own = (own ^ seen) * _ODD
            own ^= own >> np.uint64(32)
        word = mix(word, own)
    return word if word != np.uint64(0) else np.uint64(1)
