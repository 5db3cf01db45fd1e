"""A population of programs. Real et al. 2020, arXiv 2003.03384, section 3.2. A step is some thousand programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from nas.automl_zero import tally
from nas.automl_zero.analysis.dead_code import liveness
from nas.automl_zero.assessment import Settings
from nas.automl_zero.hand_written import HAND_WRITTEN
from nas.automl_zero.island_settings import ProgramIslandSettings
from nas.automl_zero.mutation import INITIAL, Rules
from nas.automl_zero.ops import OPS
from nas.automl_zero.program import COMPONENTS, Instruction, Program
from nas.automl_zero.search import Found, Search
from nas.automl_zero.task_data import TaskData
from nas.automl_zero.text import instruction_text
from nas.core.config import Config as BaseConfig
from nas.core.errors import ConstraintLeavesNothing, StateMismatch
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup
from nas.core.space import space_fingerprint
from nas.islands.island import Island, IslandPlace, IslandState, Migrant
from nas.problems.program_tasks import ProgramTasks
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import MUTATIONS, NO_OP, AutoMLZeroConfig

MOST_SHOWN = 8
"""Discoveries that facts hold, the latest."""

NUM_BINS = 40
"""Of the histogram of fitness, which lies in [0, 1]."""

NO_LIMIT = math.inf


class ProgramIsland(Island):
    name: ClassVar[str] = "automl_zero"
    Config: ClassVar[type[BaseConfig]] = ProgramIslandSettings
    config: ProgramIslandSettings

    def __init__(self, config: ProgramIslandSettings, setup: SearchSetup, at: IslandPlace) -> None:
        """The estimator of the run said already that space and problem fit each other.

        Raises ConstraintLeavesNothing where the forbidden operations leave a function without any.
        """
        super().__init__(config, setup, at)
        assert isinstance(setup.space, AutoMLZero)
        assert isinstance(setup.problem, ProgramTasks)
        self._space, problem = setup.space, setup.problem
        tasks: TaskData = at.cached(f"program_tasks:{problem.fingerprint()}:search", lambda: problem.tasks("search"))
        epochs = problem.config.epochs
        rules, given = rules_of(self._space.config, setup.forbidden)
        settings = Settings(
            tournament=config.tournament_size,
            mutation=config.mutation_chance,
            is_random=config.method == "random",
            same_code=config.same_code,
            same_predictions=config.same_predictions,
            truncated=config.fingerprint == "truncated",
            forget_every=config.forget_every,
            hurdles=config.hurdles,
            by_median=config.combination == "median",
            budget=_budget(config.budget_factor, tasks.num_train * epochs),
            seed=setup.run_seed & (2**62 - 1),  # the same on all islands: what migrates keeps its fitness
            least_rise=config.least_rise,
        )
        self._search = Search(
            rules,
            settings,
            tasks,
            given,
            population_size=config.population_size,
            num_epochs=epochs,
            cache_size=config.cache_size,
            seed=at.seed,
        )
        self._steps = 0

    @property
    def num_steps(self) -> int:
        return self._steps

    @property
    def num_candidates(self) -> int:
        return self._search.num_programs

    def step(self) -> Mapping[str, float]:
        """Fitness of the best ever and of the population, and what answered for the programs of this step, as shares."""
        before = self._search.counters.copy()
        self._search.advance(self.config.programs_per_step)
        self._steps += 1
        fitness = self._fitness()
        rose = self._search.counters - before
        return {
            "fitness": self._search.best_fitness,
            "population_best": float(fitness.max()),
            "population_mean": float(fitness.mean()),
            **{name: float(rose[place] / rose[tally.NUM]) for name, place in ANSWERS.items()},
        }

    def _fitness(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Of the places that are filled."""
        return np.maximum(self._search.slots.fitness[: self._search.num_alive], 0.0)

    def best(self, num: int) -> Sequence[Genotype]:
        """The best ever, then the population by fitness; those that say the same only once."""
        found: dict[str, Genotype] = {}
        for program in self._ranked():
            genotype = program.as_json()
            if self.setup.is_feasible(genotype):
                found.setdefault(self._space.canonical(genotype), genotype)
            if len(found) >= num:
                break
        return list(found.values())[:num]

    def _ranked(self) -> Iterator[Program]:
        if not self._search.num_programs:
            return
        if self._search.best_fitness >= 0:
            yield self._search.best
        for place in np.argsort(-self._search.slots.fitness[: self._search.num_alive], kind="stable"):
            if self._search.slots.fitness[place] >= 0:
                yield self._search.program(int(place))

    def facts(self) -> Mapping[str, Any]:
        counters = self._search.counters
        num = int(counters[tally.NUM])
        found = self._search.found()
        facts: dict[str, Any] = {
            "programs": num,
            "train_steps": int(counters[tally.STEPS]),
            "stopped_early": int(counters[tally.STOPPED_EARLY]),
            "answers": {name: int(counters[place]) for name, place in ANSWERS.items()},
            "num_discoveries": len(found),
            "discoveries": [self._discovery(each) for each in found[-MOST_SHOWN:]],
            "best": None,
            "histogram": [],
        }
        if num:
            facts["histogram"] = np.histogram(self._fitness(), bins=NUM_BINS, range=(0.0, 1.0))[0].tolist()
        if num and self._search.best_fitness >= 0:
            is_latest = bool(found) and found[-1].program == self._search.best
            changed = _changed_lines(found[-1]) if is_latest else frozenset()
            facts["best"] = {
                "fitness": self._search.best_fitness,
                "birth": int(counters[tally.BEST_BIRTH]),
                "genotype": self._search.best.as_json(),
                "lines": self._lines(self._search.best, changed),
            }
        return facts

    def _discovery(self, found: Found) -> dict[str, Any]:
        changed = _changed_lines(found)
        lines = [line for line in self._lines(found.program, changed) if line["is_live"] or line["is_changed"]]
        return {
            "birth": found.birth,
            "parent": found.parent_birth,
            "fitness": found.fitness,
            "parent_fitness": found.parent_fitness if math.isfinite(found.parent_fitness) else None,
            "mutation": MUTATIONS[found.mutation],
            "component": COMPONENTS[found.component] if found.component >= 0 else None,
            "line": found.line if found.line >= 0 else None,
            "lines": lines,
        }

    def _lines(self, program: Program, changed: frozenset[tuple[str, int]]) -> list[dict[str, Any]]:
        kept = liveness(program, vector_labels=self._space.vector_labels).kept
        return [
            {
                "component": name,
                "text": instruction_text(instruction),
                "is_live": kept[name][line],
                "is_changed": (name, line) in changed,
            }
            for name, line, instruction in program.lines()
        ]

    def emigrants(self, num: int, rng: Generator) -> Sequence[Migrant]:
        """Drawn at random, as published."""
        alive = self._search.num_alive
        slots = self._search.slots
        return [
            Migrant(
                self._search.program(place).as_json(),
                float(slots.fitness[place]),
                {"stage": float(slots.stages[place]) if math.isfinite(slots.stages[place]) else None},
            )
            for place in map(int, rng.choice(alive, min(num, alive), replace=False))
            if slots.fitness[place] >= 0
        ]

    def immigrate(self, migrants: Sequence[Migrant], rng: Generator) -> None:
        """In random places, whose age stays; at most half of the population. Their fitness is that of the same tasks.

        What has been forbidden since they left does not come in.
        """
        allowed = [migrant for migrant in migrants if not self.setup.forbidden_in(migrant.genotype)]
        wanted = allowed[: self._search.num_alive // 2]
        places = rng.choice(max(1, self._search.num_alive), len(wanted), replace=False)
        for migrant, place in zip(wanted, places, strict=True):
            program = Program.from_json(self._space.validate(migrant.genotype))
            stage = migrant.data.get("stage")
            self._search.replace(int(place), program, migrant.score, math.nan if stage is None else float(stage))

    def state(self) -> IslandState:
        data = {"steps": self._steps, "forbidden": sorted(self.setup.forbidden), "made_for": self._made_for()}
        return IslandState(data, {name: array.copy() for name, array in self._search.arrays().items()})

    def _made_for(self) -> dict[str, Any]:
        return {
            "settings": self.config.as_json(),
            "space": space_fingerprint(self._space),
            "problem": self.setup.problem.fingerprint(),
        }

    def restore(self, state: IslandState) -> None:
        """Programs that the rules of today forbid stay in their places, but are nobody's parents."""
        if state.data["made_for"] != self._made_for():
            raise StateMismatch("the stored island searched with other settings, another space or other tasks")
        try:
            self._search.load(state.arrays)
        except ValueError as error:
            raise StateMismatch(f"the stored island cannot be read: {error}") from error
        self._steps = int(state.data["steps"])
        if self.setup.forbidden - set(state.data["forbidden"]):
            self._search.drop(lambda program: bool(self.setup.forbidden_in(program.as_json())))


ANSWERS = {
    "same_code": tally.SAME_CODE,
    "same_predictions": tally.SAME_PREDICTIONS,
    "below_hurdle": tally.BELOW_HURDLE,
    "over_budget": tally.OVER_BUDGET,
    "scored_on_all": tally.FULL,
}
"""What decided the fitness of a program; of one that was known and below the hurdle both."""


def rules_of(config: AutoMLZeroConfig, forbidden: frozenset[str]) -> tuple[Rules, Program]:
    """For the compiled loop, and the hand-written program with nothing done in the place of what may not be used.

    Raises ConstraintLeavesNothing where a function that must have instructions has no operation left.
    """
    allowed = np.zeros((len(COMPONENTS), len(OPS)), np.int64)
    num_allowed = np.zeros(len(COMPONENTS), np.int64)
    limits = np.array([config.limits(name) for name in COMPONENTS], dtype=np.int64)
    given = config.given_program
    if config.initial == "hand_written":
        given = config.filled(given)
    for c, name in enumerate(COMPONENTS):
        names = set(config.operations_of(name)) - forbidden
        numbers = [op.number for op in OPS if op.name in names]
        allowed[c, : len(numbers)] = numbers
        num_allowed[c] = len(numbers)
        if name in config.free and not numbers:
            if limits[c, 0]:
                raise ConstraintLeavesNothing(f"{name.capitalize()} needs instructions; allow an operation for it")
            given = given.with_component(name, ())
        if name in config.free:
            lines = given.component(name)
            kept = [Instruction(NO_OP.number) if OPS[line.op].name in forbidden else line for line in lines]
            given = given.with_component(name, kept)
    weights = np.cumsum([config.weights[kind] for kind in MUTATIONS])
    return (
        Rules(
            addresses=np.array([config.scalars, config.vectors, config.matrices], dtype=np.int64),
            allowed=allowed,
            num_allowed=num_allowed,
            least=np.ascontiguousarray(limits[:, 0]),
            most=np.ascontiguousarray(limits[:, 1]),
            weights=weights / weights[-1],
            initial=INITIAL.index(config.initial),
            uniform_factor=config.constant_mutation == "uniform_factor",
        ),
        given,
    )


def _budget(factor: float, num_examples: int) -> float:
    """Of a program on all its training examples, in the unit of `Op.cost`."""
    if not factor:
        return NO_LIMIT
    network = HAND_WRITTEN["network"].program
    setup, predict, learn = (sum(OPS[i.op].cost for i in network.component(name)) for name in COMPONENTS)
    return factor * (setup + num_examples * (predict + learn))


def _changed_lines(found: Found) -> frozenset[tuple[str, int]]:
    """The lines of a discovery that its parent does not have."""
    if found.component >= 0 and found.line >= 0:
        return frozenset({(COMPONENTS[found.component], found.line)})
    return frozenset(
        (name, line)
        for name, line, instruction in found.program.lines()
        if line >= len(found.parent.component(name)) or found.parent.component(name)[line] != instruction
    )
