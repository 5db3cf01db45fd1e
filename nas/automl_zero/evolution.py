"""Regularised evolution of programs, and random search, in one compiled loop (section 3.2, released regularized_evolution.cc).

    parent = best of T drawn with replacement; child = copy, with probability U changed once; the oldest dies

The places of the population are used in turn, so the order of places is the order of age. Before a program is run it is
looked for: over its budget, the same live code, the same predictions in a short probe, below the hurdle of the first stage.
With and without the caches the same programs are found, as long as none of them draws random numbers.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from nas.automl_zero import bytecode as b
from nas.automl_zero.compiled import compiled, jit, type_of
from nas.automl_zero.dead_code import find_live, name_of
from nas.automl_zero.evaluation import BENCH, LANE_TASKS, MACHINE, PACKED, combined, cost_of, draws, run_on_tasks
from nas.automl_zero.fec import fingerprint, look_up, make_cache, remember
from nas.automl_zero.generator import below, mix, uniform
from nas.automl_zero.mutation import IDENTITY, RANDOM, Rules, copy_program, draw_program, mutate

PROBE_STEPS = 10
"""Training steps, and as many validation examples, of the probe."""

RECOMPUTE_EVERY = 100
"""Individuals between two looks at the hurdle."""

HURDLE = 0.75
"""The quantile of the different stage fitnesses in the population that a program must reach."""

# Places in `counters`.
(
    NUM,
    STEPS,
    SAME_CODE,
    SAME_PREDICTIONS,
    BELOW_HURDLE,
    OVER_BUDGET,
    FULL,
    STOPPED_EARLY,
    BEST_BIRTH,
    NUM_FOUND,
    COUNTERS,
) = range(11)

# Places in `marks`.
BEST, CURRENT_HURDLE, LAST_FOUND, MARKS = range(4)

NOBODY = -1
"""The parent of programs that were not bred: random ones, and those that came from another island."""


class Settings(NamedTuple):
    """Attributes:
    tournament: T. mutation: U. is_random: every program is a new random one.
    same_code, same_predictions: whether the caches are asked. truncated: of the fingerprint. forget_every: uses, 0 never.
    hurdles: whether there is a first stage. by_median: how tasks are combined.
    budget: most that a program may cost (`Op.cost`) on all its training examples. seed: of what programs draw.
    least_rise: of the best fitness for a discovery.
    """

    tournament: int
    mutation: float
    is_random: bool
    same_code: bool
    same_predictions: bool
    truncated: bool
    forget_every: int
    hurdles: bool
    by_median: bool
    budget: float
    seed: int
    least_rise: float


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
def _over_budget(programs: Any, at: int, num_examples: int, budget: float) -> Any:
    sizes = programs.sizes[at]
    setup = cost_of(programs.rows[at], sizes, programs.begins, 0)
    example = cost_of(programs.rows[at], sizes, programs.begins, 1) + cost_of(
        programs.rows[at], sizes, programs.begins, 2
    )
    return example > 0 and setup + num_examples * example > budget


@jit
def _fitness_on(
    machine: Any, name: Any, has_random: bool, tasks: Any, bench: Any, by_median: bool, counters: Any
) -> Any:
    """Of bytecode that was written for these tasks."""
    shape = tasks.shape
    steps = run_on_tasks(machine, has_random, name, shape, tasks, bench)
    counters[STEPS] += steps
    if steps < shape[b.NUM_TASKS] * shape[b.NUM_TRAIN] * shape[b.NUM_EPOCHS]:
        counters[STOPPED_EARLY] += 1
    return combined(bench.fitness, shape[b.NUM_TASKS], by_median)


@jit
def _evaluate(  # noqa: PLR0912 - the questions in their order
    machine: Any,
    programs: Any,
    at: int,
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
) -> tuple[float, float]:
    """Fitness and stage fitness of one program."""
    shape = tasks.shape
    if _over_budget(programs, at, shape[b.NUM_TRAIN] * shape[b.NUM_EPOCHS], settings.budget):
        counters[OVER_BUDGET] += 1
        return 0.0, 0.0
    rows, numbers, sizes, begins, live = (
        programs.rows[at],
        programs.numbers[at],
        programs.sizes[at],
        programs.begins,
        bench.live,
    )
    find_live(rows, sizes, begins, rules.addresses, shape[b.LABELS] == b.CLASSES, live, bench.room)
    code_key = name_of(rows, numbers, sizes, begins, live)
    name = mix(np.uint64(settings.seed), code_key)
    code_key = code_key if code_key != np.uint64(0) else np.uint64(1)
    is_known, stage, full = False, math.nan, math.nan
    has_random = draws(rows, sizes, begins, live)
    is_written = False
    if settings.same_code:
        is_known, stage, full = look_up(by_code, code_key, 0)
        if is_known:
            counters[SAME_CODE] += 1
    predictions_key = np.uint64(0)
    if settings.same_predictions and not is_known:
        b.assemble(rows, numbers, sizes, begins, live, shape, bench.code, bench.constants)
        is_written = True
        for group in range(bench.record.shape[0]):
            for i in range(bench.record.shape[1]):
                bench.record[group, i] = math.nan
        probe_seed = np.uint64(settings.seed)  # the same for all programs, so that equal ones draw the same
        counters[STEPS] += run_on_tasks(machine, has_random, probe_seed, probe_shape, tasks, bench)
        num_steps = probe_shape[b.NUM_TRAIN] + probe_shape[b.NUM_VALID]
        predictions_key = fingerprint(
            bench.record,
            num_steps,
            shape[b.LABEL_ROWS],
            shape[b.LANES],
            shape[b.NUM_TASKS],
            settings.truncated,
            np.uint64(shape[b.NUM_TRAIN]),
        )
        is_known, stage, full = look_up(by_predictions, predictions_key, settings.forget_every)
        if is_known:
            counters[SAME_PREDICTIONS] += 1
    is_new = False
    if settings.hurdles and math.isnan(stage):
        b.assemble(rows, numbers, sizes, begins, live, stage_tasks.shape, stage_bench.code, stage_bench.constants)
        stage = _fitness_on(machine, name, has_random, stage_tasks, stage_bench, settings.by_median, counters)
        is_new = True
    is_below = settings.hurdles and stage < marks[CURRENT_HURDLE]
    if is_below:
        counters[BELOW_HURDLE] += 1
    elif math.isnan(full):
        if not is_written:
            b.assemble(rows, numbers, sizes, begins, live, shape, bench.code, bench.constants)
        full = _fitness_on(machine, name, has_random, tasks, bench, settings.by_median, counters)
        counters[FULL] += 1
        is_new = True
    if is_new or predictions_key != np.uint64(0):
        if settings.same_code:
            remember(by_code, code_key, stage, full)
        if is_new and predictions_key != np.uint64(0):
            remember(by_predictions, predictions_key, stage, full)
    return (stage if is_below else full), stage


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
    if fitness <= marks[BEST]:
        return
    marks[BEST] = fitness
    counters[BEST_BIRTH] = birth
    copy_program(population, child, kept, 2 * len(found_facts))
    number = counters[NUM_FOUND]
    if fitness < marks[LAST_FOUND] + least_rise or number >= len(found_facts):
        return
    marks[LAST_FOUND] = fitness
    counters[NUM_FOUND] = number + 1
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
        birth = counters[NUM]
        place = birth % size
        mother, before = NOBODY, math.nan
        parent = child
        change = (IDENTITY, -1, -1)
        if settings.hurdles and birth >= size and birth % RECOMPUTE_EVERY == 0:
            marks[CURRENT_HURDLE] = _hurdle(slots.stages, room)
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
        num_below = counters[BELOW_HURDLE]
        fitness, stage = _evaluate(
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
        if counters[BELOW_HURDLE] == num_below:  # what stands below the hurdle was not seen on all tasks
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
        counters[NUM] = birth + 1
