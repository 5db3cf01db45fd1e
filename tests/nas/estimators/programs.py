"""Programs and tasks for tests of their fitness."""

from __future__ import annotations

from typing import Any

from nas.automl_zero.hand_written import linear
from nas.automl_zero.program import Program
from nas.core.estimator import EvaluationRequest
from nas.problems.datasets.libraries import BundledLibrary
from nas.problems.program_tasks import ProgramTasks
from nas.problems.program_tasks_config import ProgramTasksConfig
from nas.spaces.automl_zero import AutoMLZero
from nas.spaces.automl_zero_config import AutoMLZeroConfig


def program_space(**values: Any) -> AutoMLZero:
    """Of nearly all operations and sizes."""
    return AutoMLZero(AutoMLZeroConfig.parse({**AutoMLZeroConfig.presets["images"], **values}))


def program_tasks(**values: Any) -> ProgramTasks:
    sizes = {"train_examples": 50, "valid_examples": 20, "select_train_examples": 100, "select_valid_examples": 40}
    counts = {"search_tasks": 4, "select_tasks": 25, "test_tasks": 15}
    return ProgramTasks(ProgramTasksConfig.parse({**sizes, **counts, **values}), BundledLibrary())


def program_request(program: Program | None = None, seed: int = 11, **values: Any) -> EvaluationRequest:
    """To score a program, logistic regression if none is named."""
    chosen = linear(0.1) if program is None else program
    return EvaluationRequest(program_space(), program_tasks(**values), chosen.as_json(), seed=seed)
