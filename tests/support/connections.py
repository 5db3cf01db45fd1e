"""Searches for connections small enough for tests: six nodes, a few hundred digits."""

from __future__ import annotations

from typing import Any

from nas.core.objective import Constraint, Objective
from nas.core.setup import SearchSetup
from nas.estimators.train import Train
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import problems, spaces


def connections_setup(
    problem: str = "image_classification",
    space: str = "connections",
    objectives: tuple[str, ...] = ("accuracy", "params"),
    constraints: tuple[str, ...] = (),
    **config: Any,
) -> SearchSetup:
    """`config` of the space."""
    problem_kind, space_kind = problems.get(problem), spaces.get(space)
    values = {"nodes": 6, "width": 8, **config} if space == "connections" else config
    return SearchSetup(
        space_kind(space_kind.Config.parse(values)),
        problem_kind(problem_kind.Config.parse({"max_examples": 400}), BundledLibrary()),
        Train(Train.Config.parse({"epochs": 1})),
        tuple(map(Objective.from_text, objectives)),
        tuple(map(Constraint.from_text, constraints)),
        run_seed=0,
    )
