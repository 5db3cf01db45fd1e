"""The jobs with the real space, data and training: small, but nothing is a toy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.errors import Interrupted
from nas.core.objective import Constraint, Objective
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.jobs.evaluate import Evaluate
from nas.jobs.local import LocalContext, search
from nas.jobs.report import Report
from nas.problems.datasets.libraries import BundledLibrary
from nas.registry import estimators, problems, spaces, strategies
from nas.strategies.island_search import IslandSearch
from nas.strategies.supernet_search import SupernetSearch

SETTINGS: dict[str, dict[str, Any]] = {
    "nasbench201": {"width": 4, "cells_per_stage": 1},
    "image_classification": {"max_examples": 500},
    "train": {"epochs": 4, "checkpoint_seconds": 3600},
    "hyperband": {"min_epochs": 3, "max_epochs": 4},
    "asha": {"min_epochs": 3, "max_epochs": 4},
    "bohb": {"min_epochs": 3, "max_epochs": 4},
}


def config(kind: Any) -> Any:
    return kind.Config.parse(SETTINGS.get(kind.name))


@pytest.fixture
def setup() -> SearchSetup:
    space, problem, estimator = spaces.get("nasbench201"), problems.get("image_classification"), estimators.get("train")
    return SearchSetup(
        space=space(config(space)),
        problem=problem(config(problem), BundledLibrary()),
        estimator=estimator(config(estimator)),
        objectives=(Objective.from_text("accuracy"), Objective.from_text("macs")),
        constraints=(Constraint.from_text("params<=20000"),),
        run_seed=1,
    )


def proposal(setup: SearchSetup) -> Proposal:
    resnet = next(preset for preset in setup.space.presets() if preset.name == "resnet")
    return Proposal(5, resnet.genotype)


def evaluated(setup: SearchSetup, folder: Path, should_stop: Callable[[], bool] = lambda: False) -> Result:
    context = LocalContext("evaluate", setup, [proposal(setup)], folder=folder, should_stop=should_stop)
    Evaluate().run(context)
    (result,) = context.results
    return result


def reproducible(result: Result) -> dict[str, Any]:
    """Without what a clock measured."""
    metrics = {name: value for name, value in result.metrics.items() if not name.endswith(("_seconds", "_ms"))}
    return {**result.as_json(), "metrics": metrics, "cost_seconds": None}


ONE_BY_ONE = [name for name in strategies if not issubclass(strategies.get(name), SupernetSearch | IslandSearch)]


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_a_search_on_digits_learns_and_repeats_itself(setup: SearchSetup, name: str) -> None:
    kind = strategies.get(name)

    def run() -> list[dict[str, Any]]:
        finished = search(kind(config(kind), setup), setup, Budget(trials=3))
        return [{"genotype": trial.proposal.genotype, **reproducible(trial.result)} for trial in finished]

    trials = run()
    assert [trial["status"] for trial in trials] == ["completed"] * 3
    assert max(trial["metrics"]["accuracy"] for trial in trials) > 0.3  # chance is 0.1
    assert run() == trials


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(setup: SearchSetup, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("whole", "cut")]
    for folder in folders:
        folder.mkdir()
    whole = evaluated(setup, folders[0])
    num_interrupted = 0
    while True:
        looks = iter(range(1_000_000))
        try:
            cut = evaluated(setup, folders[1], should_stop=lambda looks=looks: next(looks) >= 8)  # type: ignore[misc]
            break
        except Interrupted:
            num_interrupted += 1
    assert num_interrupted >= 2
    assert whole.status is ResultStatus.COMPLETED
    assert reproducible(cut) == reproducible(whole)


def test_the_report_tests_the_network_of_the_trial(setup: SearchSetup, tmp_path: Path) -> None:
    trial = evaluated(setup, tmp_path)
    asked = Proposal(0, kind="report", payload={"proposal_id": 5, "genotype": proposal(setup).genotype})
    context = LocalContext("report", setup, [asked], folder=tmp_path)
    Report().run(context)
    (reported,) = context.results
    assert reported.metrics["accuracy"] == trial.metrics["accuracy"]
    assert 0.1 < reported.metrics["test_accuracy"] <= 1
    assert "test_accuracy" not in trial.metrics
