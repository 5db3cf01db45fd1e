"""A search for programs: all its arrays, and what goes in and out of the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.automl_zero import bytecode as b
from nas.automl_zero import evolution as e
from nas.automl_zero import tally, vm
from nas.automl_zero.assessment import PROBE_STEPS, Settings
from nas.automl_zero.evaluation import check_addresses, make_bench
from nas.automl_zero.fec import Cache, make_cache
from nas.automl_zero.generator import WORDS, start
from nas.automl_zero.lane_tasks import LaneTasks, lay_out
from nas.automl_zero.mutation import IDENTITY, Rules
from nas.automl_zero.packed import Packed, pack, put_in, room_for, take_out
from nas.automl_zero.program import COMPONENTS, Program
from nas.automl_zero.task_data import TaskData

MOST_FOUND = 100
"""Discoveries that are kept; a rise of the fitness by a hundredth each can happen no more often."""

DROPPED = -1.0
"""The fitness of programs that may not be used any more: worse than any."""


@dataclass(frozen=True, slots=True)
class Found:
    """A discovery: a program, the one it came from (the same where there is none), and what was changed.

    Attributes:
      birth, parent_birth: how many programs there were before; -1 for no parent, or one from elsewhere.
      mutation, component, line: numbers of MUTATIONS and COMPONENTS, and the line in the program; -1 where none.
      fitness, parent_fitness: NaN for no parent.
    """

    program: Program
    parent: Program
    birth: int
    parent_birth: int
    mutation: int
    component: int
    line: int
    fitness: float
    parent_fitness: float


class Search:
    """A population and all that goes with it; `advance` changes it, `arrays` is all of its state."""

    def __init__(
        self,
        rules: Rules,
        settings: Settings,
        tasks: TaskData,
        given: Program,
        *,
        population_size: int,
        num_epochs: int = 1,
        cache_size: int = 1 << 16,
        seed: int = 0,
    ) -> None:
        """`given`: the hand-written program; `seed`: of all that the search draws (`settings.seed`: of what programs draw).

        Raises ValueError where `given` names addresses that there are not.
        """
        self._rules, self._settings = rules, settings
        addresses = tuple(int(n) for n in rules.addresses)
        scalars, vectors, matrices = addresses
        self._addresses = (scalars, vectors, matrices)
        own = pack([given])
        check_addresses(own, self._addresses)
        self._most = [int(n) for n in np.maximum(rules.most, own.sizes[0])]
        most = [n + 1 for n in self._most]  # a trade inserts before it removes
        self._tasks = lay_out(tasks, self._addresses, num_epochs)
        self._stage_tasks = self._first_stage(tasks, num_epochs)
        self._probe_shape = self._tasks.shape.copy()
        self._probe_shape[b.NUM_TRAIN] = min(PROBE_STEPS, tasks.num_train)
        self._probe_shape[b.NUM_VALID] = min(PROBE_STEPS, tasks.num_valid)
        self._probe_shape[b.NUM_EPOCHS] = 1
        self._probe_shape[b.RECORDING] = b.ERRORS if settings.truncated else b.PREDICTIONS
        self._bench = make_bench(sum(most), self._addresses, self._tasks, 2 * PROBE_STEPS)
        self._stage_bench = make_bench(sum(most), self._addresses, self._stage_tasks)
        self.population = room_for(population_size + 1, most)
        self.slots = e.Slots(
            np.zeros(population_size),
            np.full(population_size, np.nan),
            *(np.full(population_size, e.NOBODY, np.int64) for _ in range(3)),
        )
        self._given = given
        self._kept = room_for(2 * MOST_FOUND + 2, most)
        put_in(self._kept, 2 * MOST_FOUND + 1, given)
        self._found_facts = np.zeros((MOST_FOUND, 5), np.int64)
        self._found_fitness = np.zeros((MOST_FOUND, 2))
        self._by_code = make_cache(cache_size if settings.same_code else 1)
        self._by_predictions = make_cache(cache_size if settings.same_predictions else 1)
        self._counters = np.zeros(tally.COUNTERS, np.int64)
        self._marks = np.full(tally.MARKS, -1.0)
        self._generator = np.zeros(WORDS, np.uint64)
        start(self._generator, 0, np.uint64(seed))
        self._room = np.zeros(population_size)

    def _first_stage(self, tasks: TaskData, num_epochs: int) -> LaneTasks:
        """A tenth of the tasks; of a single one a tenth of its training examples."""
        if tasks.num_tasks > 1:
            return lay_out(tasks.first(max(1, tasks.num_tasks // 10)), self._addresses, num_epochs)
        few = max(1, tasks.num_train // 10)
        shorter = TaskData(
            tasks.labels,
            tasks.train_features[:, :few],
            tasks.train_labels[:, :few],
            tasks.valid_features,
            tasks.valid_labels,
            tasks.seeds,
        )
        return lay_out(shorter, self._addresses, num_epochs)

    def advance(self, num_programs: int) -> None:
        """So many programs more, without holding the interpreter."""
        e.advance(
            vm.run,
            num_programs,
            self.population,
            self.slots,
            self._kept,
            self._found_facts,
            self._found_fitness,
            self._rules,
            self._settings,
            self._tasks,
            self._bench,
            self._stage_tasks,
            self._stage_bench,
            self._probe_shape,
            self._by_code,
            self._by_predictions,
            self._counters,
            self._marks,
            self._generator,
            self._room,
        )

    @property
    def counters(self) -> npt.NDArray[np.int64]:
        """By the places that `nas.automl_zero.evolution` names; read only."""
        view = self._counters.view()
        view.flags.writeable = False
        return view

    @property
    def num_programs(self) -> int:
        return int(self._counters[tally.NUM])

    @property
    def num_alive(self) -> int:
        """Places of the population that are filled."""
        return min(self.num_programs, len(self.slots.fitness))

    @property
    def best_fitness(self) -> float:
        """Of the best program ever; NaN before there is one."""
        return float(self._marks[tally.BEST]) if self.num_programs else float("nan")

    @property
    def best(self) -> Program:
        return take_out(self._kept, 2 * MOST_FOUND)

    def program(self, place: int) -> Program:
        """Of a place of the population."""
        return take_out(self.population, place)

    def replace(self, place: int, program: Program, fitness: float, stage: float) -> None:
        """Another program in a place of the population; its age stays. Raises ValueError where it does not fit."""
        for c, name in enumerate(COMPONENTS):
            if len(program.component(name)) > self._most[c]:
                raise ValueError(f"too many instructions in {name}")
        incoming = room_for(1, [len(program.component(name)) for name in COMPONENTS])
        put_in(incoming, 0, program)
        check_addresses(incoming, self._addresses)
        put_in(self.population, place, program)
        self.slots.fitness[place], self.slots.stages[place] = fitness, stage
        self.slots.births[place] = self.slots.parents[place] = e.NOBODY
        self.slots.changes[place] = IDENTITY

    def drop(self, is_dropped: Callable[[Program], bool]) -> None:
        """Take parenthood from programs in the population, and the best that is left is the best."""
        fitness = self.slots.fitness
        for place in range(self.num_alive):
            if is_dropped(self.program(place)):
                fitness[place] = self.slots.stages[place] = DROPPED
        if self.num_programs and is_dropped(self.best):
            place = int(np.argmax(fitness[: self.num_alive]))
            put_in(self._kept, 2 * MOST_FOUND, self.program(place))
            self._marks[tally.BEST] = self._marks[tally.LAST_FOUND] = fitness[place]
            self._counters[tally.BEST_BIRTH] = self.slots.births[place]

    def found(self) -> list[Found]:
        """Discoveries in the order they were made."""
        return [
            Found(
                take_out(self._kept, 2 * i),
                take_out(self._kept, 2 * i + 1),
                *map(int, self._found_facts[i]),
                *map(float, self._found_fitness[i]),
            )
            for i in range(int(self._counters[tally.NUM_FOUND]))
        ]

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All that changes, by name: the arrays themselves, not copies."""
        packed = {"population": self.population, "kept": self._kept}
        caches = {"by_code": self._by_code, "by_predictions": self._by_predictions}
        return {
            **{
                f"{name}.{part}": getattr(p, part)
                for name, p in packed.items()
                for part in ("rows", "numbers", "sizes")
            },
            **{f"{name}.{part}": getattr(c, part) for name, c in caches.items() for part in Cache._fields},
            **{f"slots.{part}": getattr(self.slots, part) for part in e.Slots._fields},
            "found.facts": self._found_facts,
            "found.fitness": self._found_fitness,
            "counters": self._counters,
            "marks": self._marks,
            "generator": self._generator,
        }

    def load(self, stored: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on as the one that `arrays` came from, but for the hand-written program. Raises ValueError where they are of another
        search.
        """
        own = self.arrays()
        if set(own) != set(stored):
            raise ValueError(f"arrays of another search: {', '.join(sorted(set(own) ^ set(stored)))}")
        for name, array in own.items():
            if array.shape != stored[name].shape or array.dtype != stored[name].dtype:
                raise ValueError(f"{name} has the shape {stored[name].shape}, expected {array.shape}")
        for packed in ("population", "kept"):
            begins = self.population.begins
            rows, numbers, sizes = (stored[f"{packed}.{part}"] for part in ("rows", "numbers", "sizes"))
            candidate = Packed(rows, numbers, sizes, begins)
            if ((candidate.sizes < 0) | (candidate.sizes > np.diff(begins))).any():
                raise ValueError(f"{packed} has more instructions than there is room for")
            check_addresses(candidate, self._addresses)
        for name, array in own.items():
            array[...] = stored[name]
        put_in(self._kept, 2 * MOST_FOUND + 1, self._given)
