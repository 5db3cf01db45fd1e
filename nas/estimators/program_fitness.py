"""A learning program is trained from nothing on each of many small tasks; its score is what it predicts afterwards."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from nas.automl_zero.program import Program
from nas.automl_zero.task_data import Labels, TaskData
from nas.core.config import Config as BaseConfig
from nas.core.config import setting
from nas.core.errors import Interrupted, InvalidConfig, StateMismatch
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest, TableLibrary
from nas.core.problem import Problem
from nas.core.shown import shown
from nas.core.space import Space
from nas.problems.program_tasks import ProgramTasks
from nas.problems.program_tasks_config import Part
from nas.spaces.automl_zero import AutoMLZero

TASKS_AT_ONCE = 10
"""Between two questions whether to stop."""

WORST_RMS_ERROR = 100.0
"""Of a task that ended early: larger errors of a prediction end it (section S3)."""

_MOST_BYTES = 1 << 30
_LANES = 4

Fitness = npt.NDArray[np.float64]


class ProgramFitnessConfig(BaseConfig):
    combination: Literal["mean", "median"] = setting(
        "mean",
        title="Over the tasks",
        description="The mean, or the upper median, which a few tasks that fail do not move.",
    )


class ProgramFitness:
    """Scores on the tasks to select by; on unseen ones for reported programs only.

    A program whose predictions leave the range or are not numbers has the worst fitness on that task, 0. Programs that draw
    random numbers draw them from the seed of the evaluation.
    """

    name: ClassVar[str] = "program_fitness"
    title: ClassVar[str] = "Fitness of a program"
    summary: ClassVar[str] = (
        "Lets a program learn many small tasks, each from nothing, and scores what it then predicts."
    )
    source: ClassVar[str] = "Real et al. 2020, arXiv 2003.03384, section 3; released code."
    version: ClassVar[int] = 1
    is_simulated: ClassVar[bool] = False
    Config: ClassVar[type[BaseConfig]] = ProgramFitnessConfig

    def __init__(self, config: ProgramFitnessConfig, library: TableLibrary | None = None) -> None:
        self._config = config

    @property
    def config(self) -> ProgramFitnessConfig:
        return self._config

    def metrics(self, problem: Problem) -> tuple[str, ...]:
        return problem.metrics() if isinstance(problem, ProgramTasks) else ()

    def check(self, space: Space, problem: Problem) -> None:
        if not isinstance(problem, ProgramTasks):
            raise InvalidConfig.at(
                "problem",
                f"{self.title} needs tasks that programs learn; {problem.title} has none, choose {ProgramTasks.title}",
            )
        if not isinstance(space, AutoMLZero):
            raise InvalidConfig.at(
                "space", f"{self.title} scores programs; choose {AutoMLZero.title} in place of {space.title}"
            )
        has_classes = problem.labels is Labels.CLASSES
        if has_classes != space.config.vector_labels:
            right = (
                "true: these tasks have classes" if has_classes else "false: these tasks have one number as their label"
            )
            raise InvalidConfig.at("space.vector_labels", f"must be {right}")
        features = problem.config.features
        numbers = space.config.scalars + features * space.config.vectors + features**2 * (space.config.matrices + 1)
        if numbers * 8 * _LANES > _MOST_BYTES:
            raise InvalidConfig.at(
                "problem.features",
                f"{features:,} features with {space.config.matrices} matrices take {numbers * 8 * _LANES >> 20:,} MiB; "
                f"at most {_MOST_BYTES >> 20:,} MiB are possible",
            )

    def check_fidelity(self, fidelity: Mapping[str, Any]) -> None:
        """{"tasks": n}: only the first n of the tasks to select by."""
        if unknown := sorted(set(fidelity) - {"tasks"}):
            raise InvalidConfig.at("fidelity", f"there is no {unknown[0]!r:.40}; there is tasks")
        num = fidelity.get("tasks", 1)
        if isinstance(num, bool) or not isinstance(num, int) or num < 1:
            raise InvalidConfig.at("fidelity.tasks", f"must be a whole number of at least 1, got {shown(num)}")

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        """Metrics: fitness, and rms_error or accuracy and error_percent; the same with test_ if asked."""
        self.check(request.space, request.problem)
        self.check_fidelity(request.fidelity)
        assert isinstance(request.problem, ProgramTasks)
        began = time.perf_counter()
        done = _stored(context.load())
        fitness = self._part("select", request, context, done)
        metrics = self._metrics(request.problem.labels, fitness)
        if request.with_test:
            unseen = self._metrics(request.problem.labels, self._part("test", request, context, done))
            metrics |= {f"test_{name}": value for name, value in unseen.items() if name != "error_percent"}
        return Evaluation(metrics, cost_seconds=time.perf_counter() - began, steps_done=len(fitness))

    def _part(
        self, part: Part, request: EvaluationRequest, context: EvaluationContext, done: dict[str, list[float]]
    ) -> Fitness:
        """(D,); what was scored before an interruption is not scored again."""
        from nas.automl_zero.evaluation import Evaluator  # numba, which only workers import

        problem, space = request.problem, request.space
        assert isinstance(problem, ProgramTasks) and isinstance(space, AutoMLZero)
        tasks: TaskData = context.cached(f"program_tasks:{problem.fingerprint()}:{part}", lambda: problem.tasks(part))
        num = (
            min(int(request.fidelity.get("tasks", tasks.num_tasks)), tasks.num_tasks)
            if part == "select"
            else tasks.num_tasks
        )
        program = Program.from_json(space.validate(request.genotype))
        config = space.config
        found = done[part]
        while len(found) < num:
            if context.should_stop():
                context.save(json.dumps(done).encode())
                raise Interrupted(f"stopped after {len(found)} of {num} tasks")
            first = len(found)
            evaluator = Evaluator(
                tasks.between(first, min(first + TASKS_AT_ONCE, num)),
                (config.scalars, config.vectors, config.matrices),
                num_epochs=problem.config.epochs,
                seed=_seed(request.seed, part, first),
            )
            found += evaluator.score([program]).fitness[0].tolist()
            if part == "select":
                context.report(len(found), self._metrics(problem.labels, np.array(found)))
        return np.array(found)

    def _metrics(self, labels: Labels, fitness: Fitness) -> dict[str, float]:
        if self._config.combination == "median":
            combined = float(np.sort(fitness)[len(fitness) // 2])
            error = float(rms_errors(np.array([combined]))[0])
        else:
            combined, error = float(fitness.mean()), float(rms_errors(fitness).mean())
        if labels is Labels.NUMBER:
            return {"fitness": combined, "rms_error": error}
        return {"fitness": combined, "accuracy": combined, "error_percent": 100 * (1 - combined)}


def rms_errors(fitness: Fitness) -> Fitness:
    """Of each task, from its fitness 1 - (2/π) atan(error)."""
    # the tangent of nearly π/2 is large and finite
    return np.minimum(np.tan((1 - fitness) * (math.pi / 2)), WORST_RMS_ERROR)


def _seed(seed: int, part: Part, first: int) -> int:
    """Of the random numbers that the program draws on the tasks from `first` on."""
    words = np.random.SeedSequence([seed, part == "test", first]).generate_state(1, np.uint64)
    return int(words[0])


def _stored(checkpoint: bytes | None) -> dict[str, list[float]]:
    if checkpoint is None:
        return {"select": [], "test": []}
    try:
        found = json.loads(checkpoint)
        return {part: [float(value) for value in found[part]] for part in ("select", "test")}
    except (ValueError, KeyError, TypeError) as error:
        raise StateMismatch(f"the checkpoint is not of a program's score: {error!s:.100}") from None
