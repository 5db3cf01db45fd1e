"""Programs scored on tasks: the fitness of each task, and one fitness of all."""

# ruff: noqa: PLR0917 - compiled code takes its arguments by position

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from nas.automl_zero import bytecode as b
from nas.automl_zero import vm
from nas.automl_zero.compiled import compiled, jit, type_of
from nas.automl_zero.dead_code import find_live, name_of
from nas.automl_zero.generator import WORDS, mix, start
from nas.automl_zero.lane_tasks import LaneTasks, lay_out
from nas.automl_zero.packed import Packed, pack
from nas.automl_zero.program import Program
from nas.automl_zero.task_data import TaskData

HARNESS_ROWS = 4
ALIGNMENT = 64


class Bench(NamedTuple):
    """What an evaluation works on, allocated once.

    Attributes:
      code, constants: bytecode. memory: of one group. generators: (L, 4), flat.
      lane_fitness: (L,) of one group. fitness: (D,) of the last program. live: (M,) of the last program.
      room: for the search of dead code. record: (G, …) errors of a probe.
    """

    code: npt.NDArray[np.int64]
    constants: npt.NDArray[np.float64]
    memory: npt.NDArray[np.float64]
    generators: npt.NDArray[np.uint64]
    lane_fitness: npt.NDArray[np.float64]
    fitness: npt.NDArray[np.float64]
    live: npt.NDArray[np.bool_]
    room: npt.NDArray[np.bool_]
    record: npt.NDArray[np.float64]


def make_bench(
    most_instructions: int, addresses: tuple[int, int, int], tasks: LaneTasks, num_recorded: int = 0
) -> Bench:
    """For programs of that many rows; `num_recorded`: steps of a probe."""
    rows = 2 * most_instructions + HARNESS_ROWS
    lanes, num_tasks = int(tasks.shape[b.LANES]), int(tasks.shape[b.NUM_TASKS])
    return Bench(
        np.zeros(rows * b.ROW, dtype=np.int64),
        np.zeros(2 * rows),
        _aligned(int(tasks.shape[b.MEMORY])),
        np.zeros(lanes * WORDS, dtype=np.uint64),
        np.zeros(lanes),
        np.zeros(num_tasks),
        np.zeros(max(1, most_instructions), dtype=np.bool_),
        np.zeros((3, sum(addresses)), dtype=np.bool_),
        np.zeros((tasks.train_x.shape[0], max(1, num_recorded * int(tasks.shape[b.LABEL_ROWS]) * lanes))),
    )


def _aligned(length: int) -> npt.NDArray[np.float64]:
    """Where a vector never crosses the lines of the cache."""
    room = np.zeros(length + ALIGNMENT // 8)
    first = (-room.ctypes.data % ALIGNMENT) // 8
    return room[first : first + length]


@jit
def run_on_tasks(machine: Any, has_random: bool, seed: Any, shape: Any, tasks: Any, bench: Any) -> int:
    """Carry out the bytecode of `bench` on all tasks; fills `bench.fitness`. Returns the number of training steps.

    Random operations of task t draw from a generator of their own, started by `seed` and t.
    """
    lanes = shape[b.LANES]
    num_tasks = shape[b.NUM_TASKS]
    num_steps = 0
    for group in range(tasks.train_x.shape[0]):
        first = group * lanes
        num = min(lanes, num_tasks - first)
        shape[b.NUM_TASKS] = num
        if has_random:
            for lane in range(lanes):
                start(bench.generators, WORDS * lane, mix(seed, np.uint64(first + lane)))
        num_steps += machine(
            bench.code,
            bench.constants,
            bench.memory,
            shape,
            tasks.train_x[group],
            tasks.train_y[group],
            tasks.valid_x[group],
            tasks.valid_y[group],
            tasks.orders[group],
            bench.generators,
            bench.lane_fitness,
            bench.record[group],
        )
        for lane in range(num):
            bench.fitness[first + lane] = bench.lane_fitness[lane]
    shape[b.NUM_TASKS] = num_tasks
    return num_steps


@jit
def combined(fitness: Any, num_tasks: int, by_median: bool) -> float:
    """Mean in the order of the tasks, or the upper median; sorts `fitness` for the latter."""
    if by_median:
        for i in range(1, num_tasks):
            value = fitness[i]
            j = i
            while j > 0 and fitness[j - 1] > value:
                fitness[j] = fitness[j - 1]
                j -= 1
            fitness[j] = value
        return float(fitness[num_tasks // 2])
    total = 0.0
    for i in range(num_tasks):
        total += fitness[i]
    return total / num_tasks


@jit
def cost_of(rows: Any, sizes: Any, begins: Any, component: int) -> int:
    """Of all instructions of a component, also dead ones, in the unit of `Op.cost`."""
    cost = 0
    for k in range(begins[component], begins[component] + sizes[component]):
        cost += b.COSTS[rows[k, 0]]
    return cost


@jit
def draws(rows: Any, sizes: Any, begins: Any, live: Any) -> bool:
    """Whether a live instruction draws random numbers."""
    for c in range(3):
        for k in range(begins[c], begins[c] + sizes[c]):
            if live[k] and rows[k, 0] >= b.FIRST_RANDOM:
                return True
    return False


MACHINE = numba.types.FunctionType(vm.SIGNATURE)
_one, _row = np.zeros(1), np.zeros((1, 1))
_word, _flag = np.zeros(1, np.int64), np.zeros(1, np.bool_)
PACKED = type_of(pack([Program()]))
LANE_TASKS = type_of(LaneTasks(_word, _row, _row, _row, _row, np.zeros((1, 1), np.int64)))
BENCH = type_of(Bench(_word, _one, _one, np.zeros(1, np.uint64), _one, _one, _flag, np.zeros((3, 1), np.bool_), _row))
_ints = numba.types.int64[::1]


@compiled(
    numba.types.void(MACHINE, PACKED, _ints, numba.types.uint64, LANE_TASKS, BENCH, numba.types.float64[:, ::1], _ints)
)
def _score(
    machine: Any, programs: Any, addresses: Any, seed: Any, tasks: Any, bench: Any, fitness: Any, steps: Any
) -> None:
    """Every program on every task."""
    shape = tasks.shape
    for i in range(len(programs.rows)):
        rows, numbers, sizes = programs.rows[i], programs.numbers[i], programs.sizes[i]
        is_vector = shape[b.LABELS] == b.CLASSES
        find_live(rows, sizes, programs.begins, addresses, is_vector, bench.live, bench.room)
        b.assemble(rows, numbers, sizes, programs.begins, bench.live, shape, bench.code, bench.constants)
        name = name_of(rows, numbers, sizes, programs.begins, bench.live)
        has_random = draws(rows, sizes, programs.begins, bench.live)
        steps[i] = run_on_tasks(machine, has_random, mix(seed, name), shape, tasks, bench)
        for task in range(shape[b.NUM_TASKS]):
            fitness[i, task] = bench.fitness[task]


@dataclass(frozen=True, slots=True)
class Scores:
    """Of K programs on D tasks.

    Attributes:
      fitness: (K, D), in [0, 1].
      num_steps: (K,) training steps that were completed, summed over the tasks.
    """

    fitness: npt.NDArray[np.float64]
    num_steps: npt.NDArray[np.int64]

    def combined(self, *, by_median: bool) -> npt.NDArray[np.float64]:
        """(K,): mean of the tasks, or the upper median."""
        if by_median:
            return np.asarray(np.sort(self.fitness, axis=1)[:, self.fitness.shape[1] // 2])
        in_order = np.cumsum(self.fitness, axis=1)[:, -1]  # as the compiled loop adds, to the last bit
        return np.asarray(in_order / self.fitness.shape[1])


class Evaluator:
    """Scores programs on the same tasks. A fitness depends on the program, the tasks, the epochs and the seed alone."""

    def __init__(self, tasks: TaskData, addresses: tuple[int, int, int], *, num_epochs: int = 1, seed: int = 0) -> None:
        """`addresses`: how many scalars, vectors and matrices programs may name; `seed`: of what programs draw."""
        self._addresses = addresses
        self._tasks = lay_out(tasks, addresses, num_epochs)
        self._seed = seed

    def score(self, programs: Sequence[Program]) -> Scores:
        """Dead code is left out. Addresses must be inside the memory: see `AutoMLZeroSpace.validate`."""
        num_tasks = int(self._tasks.shape[b.NUM_TASKS])
        if not programs:
            return Scores(np.zeros((0, num_tasks)), np.zeros(0, np.int64))
        packed = pack(programs)
        check_addresses(packed, self._addresses)
        fitness, steps = np.zeros((len(programs), num_tasks)), np.zeros(len(programs), np.int64)
        bench = make_bench(int(packed.begins[-1]), self._addresses, self._tasks)
        addresses = np.array(self._addresses, dtype=np.int64)
        _score(vm.run, packed, addresses, np.uint64(self._seed), self._tasks, bench, fitness, steps)
        return Scores(fitness, steps)


def check_addresses(packed: Packed, addresses: tuple[int, int, int]) -> None:
    """Raises ValueError for what would read or write outside of the memory, or is no operation."""
    ops = packed.rows[:, :, 0]
    if ((ops < 0) | (ops >= len(b.COSTS))).any():
        raise ValueError(f"operations are numbered 0 to {len(b.COSTS) - 1}")
    limits = np.array([1, *addresses])
    for kinds, column in ((b.IN1_KINDS, 1), (b.IN2_KINDS, 2), (b.OUT_KINDS, 3)):
        kind, address = kinds[ops], packed.rows[:, :, column]
        if ((kind > 0) & ((address < 0) | (address >= limits[kind]))).any():
            raise ValueError(f"an address is outside of the memory: there are {addresses} scalars, vectors, matrices")
