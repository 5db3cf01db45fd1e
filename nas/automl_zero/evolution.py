"""Regularised evolution of programs, and random search, in one compiled loop (section 3.2, released regularized_evolution.cc).

    parent = best of T drawn with replacement; child = copy, with probability U changed once; the oldest dies

The places of the population are used in turn, so the order of places is the order of age.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from nas.automl_zero import tally
from nas.automl_zero.assessment import Settings, assess
from nas.automl_zero.compiled import compiled, jit, type_of
from nas.automl_zero.evaluation import BENCH, LANE_TASKS, MACHINE, PACKED
from nas.automl_zero.fec import make_cache
from nas.automl_zero.generator import below, uniform
from nas.automl_zero.mutation import IDENTITY, RANDOM, Rules, copy_program, draw_program, mutate

RECOMPUTE_EVERY = 100
"""Individuals between two looks at the hurdle."""

HURDLE = 0.75
"""The quantile of the different stage fitnesses in the population that a program must reach."""

NOBODY = -1
"""The parent of programs that were not bred: random ones, and those that came from another island."""


class Slots(NamedTuple):
    """What is known of each place of the population.

    Attributes:
      fitness, stages: (P,) of all tasks, and of the first stage (NaN without hurdles).
      births, parents: (P,) how many programs there were before it, and before its parent; NOBODY for one that came from
        elsewhere or was not bred.
      changes: (P,) what made it from its parent, a number of MUTATIONS.
    """

    fitness: npt.NDArray[np.float64]
    stages: npt.NDArray[np.float64]
    births: npt.NDArray[np.int64]
    parents: npt.NDArray[np.int64]
    changes: npt.NDArray[np.int64]


@jit
def _hurdle(stages: Any, room: Any) -> float:
    """The quantile of the different values (the lower of two neighbours)."""
    size = len(stages)
    for i in range(size):
        room[i] = stages[i]
    gap = size // 2
    while gap > 0:  # Shell's sort
        for i in range(gap, size):
            value = room[i]
            j = i
            while j >= gap and room[j - gap] > value:
                room[j] = room[j - gap]
                j -= gap
            room[j] = value
        gap //= 2
    num_different = 1
    for i in range(1, size):
        if room[i] != room[num_different - 1]:
            room[num_different] = room[i]
            num_different += 1
    return float(room[int(HURDLE * (num_different - 1))])


@jit
def _note(
    population: Any,
    child: int,
    parent: int,
    birth: int,
    mother: int,
    change: Any,
    fitness: float,
    before: float,
    kept: Any,
    found_facts: Any,
    found_fitness: Any,
    least_rise: float,
    counters: Any,
    marks: Any,
) -> None:
    """The best ever; and a discovery where it rose by enough."""
    if fitness <= marks[tally.BEST]:
        return
    marks[tally.BEST] = fitness
    counters[tally.BEST_BIRTH] = birth
    copy_program(population, child, kept, 2 * len(found_facts))
    number = counters[tally.NUM_FOUND]
    if fitness < marks[tally.LAST_FOUND] + least_rise or number >= len(found_facts):
        return
    marks[tally.LAST_FOUND] = fitness
    counters[tally.NUM_FOUND] = number + 1
    copy_program(population, child, kept, 2 * number)
    copy_program(population, parent, kept, 2 * number + 1)
    found_facts[number, 0] = birth
    found_facts[number, 1] = mother
    found_facts[number, 2] = change[0]
    found_facts[number, 3] = change[1]
    found_facts[number, 4] = change[2]
    found_fitness[number, 0] = fitness
    found_fitness[number, 1] = before


_rules = type_of(
    Rules(
        np.zeros(3, np.int64),
        np.zeros((3, 65), np.int64),
        np.zeros(3, np.int64),
        np.zeros(3, np.int64),
        np.zeros(3, np.int64),
        np.zeros(8),
        RANDOM,
        False,
    )
)
_settings = type_of(Settings(1, 0.9, False, False, False, False, 0, False, False, 0.0, 0, 0.0))
_slots = type_of(Slots(np.zeros(1), np.zeros(1), *(np.zeros(1, np.int64) for _ in range(3))))
_cache = type_of(make_cache(1))
_ints, _floats, _words = numba.types.int64[::1], numba.types.float64[::1], numba.types.uint64[::1]


@compiled(
    numba.types.void(
        MACHINE,
        numba.types.int64,
        PACKED,
        _slots,
        PACKED,
        numba.types.int64[:, ::1],
        numba.types.float64[:, ::1],
        _rules,
        _settings,
        LANE_TASKS,
        BENCH,
        LANE_TASKS,
        BENCH,
        _ints,
        _cache,
        _cache,
        _ints,
        _floats,
        _words,
        _floats,
    )
)
def advance(
    machine: Any,
    num_births: int,
    population: Any,
    slots: Any,
    kept: Any,
    found_facts: Any,
    found_fitness: Any,
    rules: Any,
    settings: Any,
    tasks: Any,
    bench: Any,
    stage_tasks: Any,
    stage_bench: Any,
    probe_shape: Any,
    by_code: Any,
    by_predictions: Any,
    counters: Any,
    marks: Any,
    generator: Any,
    room: Any,
) -> None:
    """So many programs more.

    Args:
      population: of P + 1 programs; the last place is where a child is made.
      kept: of 2N + 2 programs: each discovery and behind it its parent; the best ever that was scored on all tasks; the
        hand-written one (`draw_program`).
      found_facts: (N, 5) birth, parent's birth, kind of the change, component, line. found_fitness: (N, 2) that of the
        program and of its parent.
      room: (P,) anything.
    """
    size = len(slots.fitness)
    child = size
    for _ in range(num_births):
        birth = counters[tally.NUM]
        place = birth % size
        mother, before = NOBODY, math.nan
        parent = child
        change = (IDENTITY, -1, -1)
        if settings.hurdles and birth >= size and birth % RECOMPUTE_EVERY == 0:
            marks[tally.CURRENT_HURDLE] = _hurdle(slots.stages, room)
        if settings.is_random or birth < size:
            initial = RANDOM if settings.is_random else rules.initial
            draw_program(population, child, kept, 2 * len(found_facts) + 1, initial, rules, generator)
        else:
            parent = below(generator, 0, size)
            for _ in range(settings.tournament - 1):
                other = below(generator, 0, size)
                if slots.fitness[other] > slots.fitness[parent]:
                    parent = other
            mother, before = slots.births[parent], slots.fitness[parent]
            copy_program(population, parent, population, child)
            if uniform(generator, 0) < settings.mutation:
                change = mutate(population, child, rules, generator)
        num_below = counters[tally.BELOW_HURDLE]
        fitness, stage = assess(
            machine,
            population,
            child,
            rules,
            settings,
            tasks,
            bench,
            stage_tasks,
            stage_bench,
            probe_shape,
            by_code,
            by_predictions,
            counters,
            marks,
        )
        if counters[tally.BELOW_HURDLE] == num_below:  # what stands below the hurdle was not seen on all tasks
            _note(
                population,
                child,
                parent,
                birth,
                mother,
                change,
                fitness,
                before,
                kept,
                found_facts,
                found_fitness,
                settings.least_rise,
                counters,
                marks,
            )
        copy_program(population, child, population, place)
        slots.fitness[place] = fitness
        slots.stages[place] = stage
        slots.births[place] = birth
        slots.parents[place] = mother
        slots.changes[place] = change[0]
        counters[tally.NUM] = birth + 1
