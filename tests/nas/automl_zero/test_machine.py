"""The compiled machine against the one to read: every operation, every kind of number, whole programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from nas.automl_zero import bytecode, vm
from nas.automl_zero import reference_vm as reference
from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.dead_code import name_of
from nas.automl_zero.evaluation import Evaluator, make_bench, run_on_tasks
from nas.automl_zero.generator import mix
from nas.automl_zero.hand_written import linear, network
from nas.automl_zero.lane_tasks import lay_out
from nas.automl_zero.ops import OPS, Kind, Op
from nas.automl_zero.packed import pack
from nas.automl_zero.program import Instruction, Program
from nas.automl_zero.task_data import Labels
from tests.nas.automl_zero.random_programs import make_tasks, random_program

ADDRESSES = (5, 5, 3)
DETERMINISTIC = range(59)
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-320, 1e200, math.inf, -math.inf, math.nan)


def seed_of(program: Program, task: int, seed: int) -> int:
    """Of what a live program draws on a task."""
    packed = pack([program])
    live = np.ones(max(1, program.num_instructions), np.bool_)
    name = name_of(packed.rows[0], packed.numbers[0], packed.sizes[0], packed.begins, live)
    return int(mix(np.uint64(mix(np.uint64(seed), np.uint64(name))), np.uint64(task)))


def memory_after(setup: Sequence[Instruction], num_features: int) -> list[np.ndarray]:
    """Scalars, vectors, matrices of each of three tasks when Setup has run, from the compiled machine."""
    tasks = lay_out(make_tasks(np.random.default_rng(0), num_tasks=3, num_features=num_features), ADDRESSES, 1)
    packed = pack([Program(tuple(setup))])
    bench = make_bench(len(setup), ADDRESSES, tasks)
    live = np.ones(len(setup), np.bool_)
    shape, rows, numbers = tasks.shape, packed.rows[0], packed.numbers[0]
    bytecode.assemble(rows, numbers, packed.sizes[0], packed.begins, live, shape, bench.code, bench.constants)
    run_on_tasks(vm.run, False, np.uint64(0), shape, tasks, bench)
    lanes = int(shape[bytecode.LANES])
    of_lane = bench.memory[: int(shape[bytecode.ROOM_AT])].reshape(-1, lanes)
    return [of_lane[:, lane] for lane in range(3)]


@pytest.mark.parametrize("num_features", [2, 3, 8])
@pytest.mark.parametrize("op", [op for op in OPS if op.inputs], ids=lambda op: op.name)
def test_every_operation_writes_what_it_says_whatever_it_reads(op: Op, num_features: int) -> None:
    """All addresses are filled with numbers of all sorts first; afterwards the whole memory is compared, also in place.

    What the harness writes (s0, v0, and s1 where a prediction is normalised) does not change under labels that are numbers,
    but for the label and the features, which are left out.
    """
    rng = np.random.default_rng(op.number)
    for values in (SPECIAL, rng.uniform(-2, 2, 30).tolist()):
        for out in (1, 2) if op.output is not Kind.MATRIX else (0, 1, 2):
            setup = [
                each
                for kind, num in zip(Kind, ADDRESSES, strict=True)
                for address in range(num)
                for each in filled(kind, address, rng.choice(values, num_features**2).tolist(), num_features)
            ]
            setup.append(Instruction(op.number, 1, 2 if len(op.inputs) == 2 else 0, out))
            memory = reference.Memory(num_features, ADDRESSES)
            for instruction in setup:
                reference.execute(instruction, memory, reference.Xoshiro(0))
            expected = np.concatenate([memory.scalars, memory.vectors.ravel(), memory.matrices.ravel()])
            ours = np.r_[1 : ADDRESSES[0], ADDRESSES[0] + num_features : len(expected)]
            for found in memory_after(setup, num_features):
                np.testing.assert_allclose(found[ours], expected[ours], rtol=1e-12, atol=0)


def filled(kind: Kind, address: int, values: list[float], features: int) -> list[Instruction]:
    if kind is Kind.SCALAR:
        return [Instruction(56, out=address, constants=(values[0], 0.0, 0.0))]
    places = [(i + 0.5) / features for i in range(features)]
    if kind is Kind.VECTOR:
        return [Instruction(57, out=address, constants=(at, values[i], 0.0)) for i, at in enumerate(places)]
    return [
        Instruction(58, out=address, constants=(row, column, values[i * features + j]))
        for i, row in enumerate(places)
        for j, column in enumerate(places)
    ]


@pytest.mark.parametrize("num_epochs", [1, 3])
@pytest.mark.parametrize(
    ("labels", "num_features"),
    [
        (Labels.NUMBER, 2),
        (Labels.NUMBER, 4),
        (Labels.NUMBER, 7),
        (Labels.BINARY, 4),
        (Labels.BINARY, 8),
        (Labels.CLASSES, 12),
    ],
)
def test_random_programs_learn_the_same_in_as_many_steps(labels: Labels, num_features: int, num_epochs: int) -> None:
    rng = np.random.default_rng(num_features)
    tasks = make_tasks(rng, labels=labels, num_features=num_features, num_tasks=5)
    programs = [random_program(rng, ADDRESSES, ops=DETERMINISTIC) for _ in range(24)]
    scores = Evaluator(tasks, ADDRESSES, num_epochs=num_epochs).score(programs)
    for i, program in enumerate(programs):
        pairs = [
            reference.evaluate(program, tasks, task, addresses=ADDRESSES, num_epochs=num_epochs, seed=0)
            for task in range(tasks.num_tasks)
        ]
        np.testing.assert_allclose(scores.fitness[i], [fitness for fitness, _ in pairs], rtol=1e-9, atol=1e-12)
        assert scores.num_steps[i] == sum(steps for _, steps in pairs)
    assert (scores.fitness > 0).any()


def test_random_operations_draw_the_same_from_the_seed_of_program_and_task() -> None:
    rng = np.random.default_rng(1)
    tasks = make_tasks(rng, num_features=5)
    programs = [random_program(rng, ADDRESSES, ops=[1, 3, 18, 23, 27, 31, *range(56, 65)]) for _ in range(12)]
    programs += [network(), linear()]
    addresses = (5, 9, 3)
    scores = Evaluator(tasks, addresses, seed=77).score(programs)
    for i, program in enumerate(programs):
        live = live_program(program)
        expected = [
            reference.evaluate(live, tasks, task, addresses=addresses, num_epochs=1, seed=seed_of(live, task, 77))[0]
            for task in range(tasks.num_tasks)
        ]
        np.testing.assert_allclose(scores.fitness[i], expected, rtol=1e-9, atol=1e-12)
    other = Evaluator(tasks, addresses, seed=78).score(programs).fitness
    assert (other != scores.fitness).any()
    assert (other[-1] == scores.fitness[-1]).all()  # no random operation: the seed is of no account


def test_dead_code_and_empty_lines_change_no_bit() -> None:
    rng = np.random.default_rng(5)
    tasks = make_tasks(rng)
    programs = [random_program(rng, ADDRESSES) for _ in range(40)]
    evaluator = Evaluator(tasks, ADDRESSES, seed=3)
    raw = evaluator.score(programs)
    lived = evaluator.score([live_program(program) for program in programs])
    assert (raw.fitness == lived.fitness).all()
    assert (raw.num_steps == lived.num_steps).all()


def test_the_order_of_later_epochs_is_another_one_for_each_task() -> None:
    tasks = make_tasks(np.random.default_rng(3), num_tasks=2, num_train=30)
    orders = tasks.orders(3)
    assert (orders[0] == np.arange(30)).all()
    assert (orders[1, 0] != orders[1, 1]).any()
    assert (np.sort(orders[2], axis=1) == np.arange(30)).all()
    other = replace(tasks, seeds=tasks.seeds + np.uint64(1))
    evaluate = [Evaluator(each, (4, 3, 1), num_epochs=3).score([linear(0.05)]).fitness for each in (tasks, other)]
    assert (evaluate[0] != evaluate[1]).any()


@pytest.mark.parametrize(("rate", "least", "most"), [(0.01, 0.55, 0.75), (0.1, 0.99, 1.0)])
def test_linear_regression_learns_as_published(rate: float, least: float, most: float) -> None:
    tasks = make_tasks(np.random.default_rng(0), num_tasks=50, num_train=100, num_valid=100)
    assert least < Evaluator(tasks, (4, 3, 1)).score([linear(rate)]).fitness.mean() <= most
    assert 0.3 < Evaluator(tasks, (4, 3, 1)).score([Program()]).fitness.mean() < 0.45


def test_a_prediction_that_runs_away_ends_its_task_alone() -> None:
    tasks = make_tasks(np.random.default_rng(0), num_tasks=2, num_train=20)
    tasks.train_features[1] = 0.0  # nothing to run away with
    scores = Evaluator(tasks, (4, 3, 1)).score([linear(1000.0)])
    assert scores.fitness[0, 0] == 0.0
    assert scores.fitness[0, 1] > 0.0
    assert 20 < scores.num_steps[0] < 40


def test_median_is_the_upper_one() -> None:
    tasks = make_tasks(np.random.default_rng(0), num_tasks=4)
    scores = Evaluator(tasks, (4, 3, 1)).score([linear()])
    assert scores.combined(by_median=True)[0] == np.sort(scores.fitness[0])[2]


@pytest.mark.parametrize(
    "instruction",
    [Instruction(1, 5, 0, 1), Instruction(27, 0, 3, 1), Instruction(39, 0, 0, 1), Instruction(65), Instruction(1, -1)],
)
def test_addresses_outside_of_the_memory_are_refused(instruction: Instruction) -> None:
    tasks = make_tasks(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"outside of the memory|numbered"):
        Evaluator(tasks, (4, 3, 1)).score([Program((), (instruction,), ())])
