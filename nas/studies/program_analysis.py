"""A program taken apart: its live lines, what each is worth, its constants tuned. Real et al. 2020, arXiv 2003.03384, S7 and S8."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator, SeedSequence

from nas.automl_zero.analysis.anatomy import Anatomy
from nas.automl_zero.analysis.anatomy_views import anatomy_views
from nas.automl_zero.analysis.constants import constants
from nas.automl_zero.analysis.dead_code import live_program
from nas.automl_zero.analysis.knock import without
from nas.automl_zero.analysis.motifs import motifs
from nas.automl_zero.analysis.trace import scalar_trace
from nas.automl_zero.analysis.tuning import tune
from nas.automl_zero.program import Program
from nas.automl_zero.task_data import TaskData
from nas.automl_zero.text import instruction_text
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted, InvalidConfig
from nas.core.setup import SearchSetup
from nas.core.study import StudyProgress, StudyRequest
from nas.core.view import View
from nas.estimators.program_fitness import TASKS_AT_ONCE, ProgramFitnessConfig
from nas.problems.program_tasks import ProgramTasks
from nas.spaces.automl_zero import AutoMLZero

STEPS_FOR_MOTIFS = 200
"""That a program learns while its scalars are watched: whether a rate falls is seen by then."""


class ProgramAnalysisConfig(BaseConfig):
    num_trials: int = setting(
        100,
        title="Trials of tuning",
        description="How often the constants of a program get other values: of the whole one, and of each without a part.",
        unit="trials",
        ge=1,
        le=100_000,
    )
    num_tasks: int = setting(
        20,
        title="Tasks",
        description="So many of the tasks to select by are learned in each trial; all of them where there are fewer.",
        unit="tasks",
        ge=1,
        le=1_000,
    )


class ProgramAnalysis:
    """Its `known` is the JSON of `Anatomy`. Each piece draws from a generator of its own, so it does not matter which were known."""

    name: ClassVar[str] = "program_analysis"
    title: ClassVar[str] = "Taking a program apart"
    summary: ClassVar[str] = (
        "Leaves out dead code, tunes the constants, and takes out each line in turn to see what it is worth."
    )
    source: ClassVar[str] = "Real et al. 2020, arXiv 2003.03384, sections 4.3, S7 and S8"
    version: ClassVar[int] = 1
    Config: ClassVar[type[BaseConfig]] = ProgramAnalysisConfig

    def __init__(self, config: ProgramAnalysisConfig) -> None:
        self._config = config

    @classmethod
    def refusal(cls, setup: SearchSetup, *, has_weights: bool) -> str | None:
        if not isinstance(setup.space, AutoMLZero):
            return ""
        if not isinstance(setup.problem, ProgramTasks):
            return f"{setup.problem.title} has no tasks that programs learn"
        return None

    def run(
        self,
        request: StudyRequest,
        *,
        should_stop: Callable[[], bool],
        on_progress: Callable[[StudyProgress], None],
    ) -> Mapping[str, Any]:
        setup = request.setup
        space, problem = setup.space, setup.problem
        if not isinstance(space, AutoMLZero) or not isinstance(problem, ProgramTasks):
            raise InvalidConfig.at("study", f"{self.title} needs programs that learn tasks, not {space.title}")
        tasks = problem.tasks("select")
        tasks = tasks.first(min(self._config.num_tasks, tasks.num_tasks))
        if request.known:
            anatomy = Anatomy.from_json(request.known)
        else:
            anatomy = self._begun(space, tasks, Program.from_json(space.validate(request.genotype)))
        scorer = _Scorer(setup, tasks, request.seed, should_stop)
        per_piece = self._config.num_trials + 1

        while anatomy.num_done < anatomy.num_pieces:
            now = anatomy
            so_far = StudyProgress(
                now.num_done * per_piece, now.num_pieces * per_piece, self._stage(now), now.as_json()
            )
            on_progress(so_far)
            scorer.on_scored = _Steps(so_far, on_progress)
            rng = Generator(PCG64(SeedSequence([request.seed, now.num_done])))
            if now.tuned is None:
                tuned = tune(now.program, scorer, rng, self._config.num_trials)
                anatomy = replace(now, fitness=tuned.fitness_before, tuned=tuned.program, tuned_fitness=tuned.fitness)
            else:
                part = now.parts[len(now.removals)]
                tuned = tune(without(now.program, part.lines), scorer, rng, self._config.num_trials)
                anatomy = now.with_removal(tuned.fitness_before, tuned.fitness)
        total = anatomy.num_pieces * per_piece
        on_progress(StudyProgress(total, total, "", anatomy.as_json()))
        return anatomy.as_json()

    def _begun(self, space: AutoMLZero, tasks: TaskData, program: Program) -> Anatomy:
        config = space.config
        live = live_program(program, vector_labels=space.vector_labels)
        addresses = (config.scalars, config.vectors, config.matrices)
        trace = scalar_trace(live, tasks, 0, addresses=addresses, num_steps=STEPS_FOR_MOTIFS)
        return Anatomy(
            program=live,
            num_dead=program.num_instructions - live.num_instructions,
            num_tasks=tasks.num_tasks,
            num_trials=self._config.num_trials,
            motifs=motifs(live, trace, vector_labels=space.vector_labels),
        )

    @staticmethod
    def _stage(anatomy: Anatomy) -> str:
        if anatomy.tuned is None:
            return "Tuning the constants"
        part = anatomy.parts[len(anatomy.removals)]
        if part.title:
            return f"Without: {part.title}"
        ((name, line),) = part.lines
        return f"Without: {instruction_text(anatomy.program.component(name)[line])}"

    @classmethod
    def views(cls, known: Mapping[str, Any]) -> list[View]:
        return anatomy_views(Anatomy.from_json(known)) if known else []


class _Steps:
    """Tells after each program that was scored that the study has come one step further than `at`."""

    def __init__(self, at: StudyProgress, on_progress: Callable[[StudyProgress], None]) -> None:
        self._at, self._on_progress = at, on_progress

    def __call__(self) -> None:
        self._at = replace(self._at, done=self._at.done + 1)
        self._on_progress(self._at)


class _Scorer:
    """Fitness of programs on the tasks, combined as the run's estimator does."""

    def __init__(self, setup: SearchSetup, tasks: TaskData, seed: int, should_stop: Callable[[], bool]) -> None:
        from nas.automl_zero.evaluation import Evaluator  # numba, which only workers import

        space, problem, estimator = setup.space, setup.problem, setup.estimator.config
        assert isinstance(space, AutoMLZero) and isinstance(problem, ProgramTasks)
        self._by_median = isinstance(estimator, ProgramFitnessConfig) and estimator.combination == "median"
        addresses = (space.config.scalars, space.config.vectors, space.config.matrices)
        self._evaluators = [
            Evaluator(
                tasks.between(first, first + TASKS_AT_ONCE),
                addresses,
                num_epochs=problem.config.epochs,
                seed=seed + first,
            )
            for first in range(0, tasks.num_tasks, TASKS_AT_ONCE)
        ]
        self._should_stop = should_stop
        self.on_scored: Callable[[], None] = lambda: None

    def __call__(self, programs: Sequence[Program]) -> npt.NDArray[np.float64]:
        """(K,). Constants that are no numbers any more have the worst fitness, 0. Raises Interrupted."""
        found = []
        for program in programs:
            by_task = np.concatenate([self._on(evaluator, program) for evaluator in self._evaluators])
            found.append(np.sort(by_task)[len(by_task) // 2] if self._by_median else by_task.mean())
            self.on_scored()
        return np.array(found)

    def _on(self, evaluator: Any, program: Program) -> npt.NDArray[np.float64]:
        if self._should_stop():
            raise Interrupted("asked to stop")
        fitness: npt.NDArray[np.float64] = evaluator.score([program]).fitness[0]
        is_finite = all(np.isfinite(constant.value) for constant in constants(program))
        return fitness if is_finite else np.zeros_like(fitness)
