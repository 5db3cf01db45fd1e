"""The fitness of one program, and what answers for it before it is run (section 3.2, S3; compiled).

Over its budget, the same live code, the same predictions in a short probe, below the hurdle of the first stage. With and without
the caches the same programs are found, as long as none of them draws random numbers.
"""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from nas.automl_zero import bytecode as b
from nas.automl_zero import tally
from nas.automl_zero.compiled import jit
from nas.automl_zero.dead_code import find_live, name_of
from nas.automl_zero.evaluation import combined, cost_of, draws, run_on_tasks
from nas.automl_zero.fec import fingerprint, look_up, remember
from nas.automl_zero.generator import mix

PROBE_STEPS = 10
"""Training steps, and as many validation examples, of the probe."""


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
    counters[tally.STEPS] += steps
    if steps < shape[b.NUM_TASKS] * shape[b.NUM_TRAIN] * shape[b.NUM_EPOCHS]:
        counters[tally.STOPPED_EARLY] += 1
    return combined(bench.fitness, shape[b.NUM_TASKS], by_median)


@jit
def assess(  # noqa: PLR0912 - the questions in their order
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
        counters[tally.OVER_BUDGET] += 1
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
            counters[tally.SAME_CODE] += 1
    predictions_key = np.uint64(0)
    if settings.same_predictions and not is_known:
        b.assemble(rows, numbers, sizes, begins, live, shape, bench.code, bench.constants)
        is_written = True
        for group in range(bench.record.shape[0]):
            for i in range(bench.record.shape[1]):
                bench.record[group, i] = math.nan
        probe_seed = np.uint64(settings.seed)  # the same for all programs, so that equal ones draw the same
        counters[tally.STEPS] += run_on_tasks(machine, has_random, probe_seed, probe_shape, tasks, bench)
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
            counters[tally.SAME_PREDICTIONS] += 1
    is_new = False
    if settings.hurdles and math.isnan(stage):
        b.assemble(rows, numbers, sizes, begins, live, stage_tasks.shape, stage_bench.code, stage_bench.constants)
        stage = _fitness_on(machine, name, has_random, stage_tasks, stage_bench, settings.by_median, counters)
        is_new = True
    is_below = settings.hurdles and stage < marks[tally.CURRENT_HURDLE]
    if is_below:
        counters[tally.BELOW_HURDLE] += 1
    elif math.isnan(full):
        if not is_written:
            b.assemble(rows, numbers, sizes, begins, live, shape, bench.code, bench.constants)
        full = _fitness_on(machine, name, has_random, tasks, bench, settings.by_median, counters)
        counters[tally.FULL] += 1
        is_new = True
    if is_new or predictions_key != np.uint64(0):
        if settings.same_code:
            remember(by_code, code_key, stage, full)
        if is_new and predictions_key != np.uint64(0):
            remember(by_predictions, predictions_key, stage, full)
    return (stage if is_below else full), stage
