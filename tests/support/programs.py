"""Searches for learning programs that are small enough for tests."""

from __future__ import annotations

from typing import Any

from nas.core.objective import Objective
from nas.core.setup import SearchSetup
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems, spaces


def programs_setup(space: dict[str, Any] | None = None, **problem: Any) -> SearchSetup:
    made, kind, estimator = spaces.get("automl_zero"), problems.get("program_tasks"), estimators.get("program_fitness")
    tasks = {"train_examples": 40, "valid_examples": 20, **problem}
    return SearchSetup(
        space=made(made.Config.parse(space or {})),
        problem=kind(kind.Config.parse(tasks), BundledLibrary()),
        estimator=estimator(estimator.Config.parse({})),
        objectives=(Objective.from_text("fitness"),),
        constraints=(),
        run_seed=5,
    )
