"""Promotions in a run: they go on from the stored checkpoint, report the same network, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.runs.models import CurvePoint, Proposal, Run
from apps.runs.states import RunState, TrialState
from apps.workers.models import Worker
from tasks import context
from tests.apps.runs.driver import advance, finish, story, work

MakeRun = Callable[..., Run]

VALUES = {
    "strategy": {"name": "hyperband", "config": {"min_epochs": 1, "max_epochs": 4, "reduction_factor": 2}},
    "estimator": {"name": "train", "config": {"batch_size": 16, "learning_rate": 0.02}},
    "objectives": ["accuracy:maximise"],
    "budget": {"trials": 9},
    "parallelism": 2,
}
"""The first bracket: four trainings of one epoch, two of them on to two, one of those to four; then two of the next."""


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Trainings are real here and may last; the thread that watches a job would not see this test's transaction."""
    monkeypatch.setattr(context, "WATCH_SECONDS", 3600)
    settings.NASWEB_HEARTBEAT_SECONDS = 3600


def kept(run: Run) -> set[int]:
    found = Proposal.objects.filter(replica__run=run, checkpoint__isnull=False)
    return set(found.values_list("number", flat=True))


def test_a_promotion_trains_the_increment_and_checkpoints_go_when_nobody_needs_them(
    make_run: MakeRun, worker: Worker
) -> None:
    run = make_run(**{**VALUES, "parallelism": 1})
    for _ in range(4):
        advance(run)
        work(worker, jobs=1)
    assert kept(run) == {0, 1, 2, 3}
    advance(run)
    going_on = kept(run)
    assert len(going_on) == 2  # the others are out of the race
    run = finish(run, worker)
    assert run.state == RunState.COMPLETED
    assert set(run.trials.values_list("state", flat=True)) == {TrialState.COMPLETED}
    assert kept(run) == set()
    promoted = Proposal.objects.filter(replica__run=run, body__operator="promote")
    assert {p.body["continues"] for p in promoted.filter(body__fidelity__epochs=2)} == going_on
    for proposal in promoted:
        steps = list(
            CurvePoint.objects.filter(trial__proposal=proposal).order_by("step").values_list("step", flat=True)
        )
        epochs = proposal.body["fidelity"]["epochs"]
        assert steps == list(range(epochs // 2 + 1, epochs + 1))
    longest = promoted.get(body__fidelity__epochs=4)
    assert longest.body["began_as"] in going_on


def test_the_report_tests_the_network_of_the_promoted_trial(make_run: MakeRun, worker: Worker) -> None:
    """It trains again in one go from the seed of the first training: the same validation loss to the last bit."""
    run = finish(make_run(**VALUES), worker)
    reported = run.trials.get(report_result__isnull=False)
    assert reported.report_result["metrics"]["loss"] == reported.metrics["loss"]
    assert "test_accuracy" in reported.report_result["metrics"]


def test_networks_that_a_person_wants_are_kept(make_run: MakeRun, worker: Worker) -> None:
    estimator = {"name": "train", "config": {**VALUES["estimator"]["config"], "keep_network": True}}  # type: ignore[index, dict-item]
    run = finish(make_run(**{**VALUES, "estimator": estimator}), worker)
    assert kept(run) == set(range(9))


@pytest.mark.any_database
@pytest.mark.parametrize("inner", ["random", "aging_evolution"])
def test_proposals_do_not_depend_on_how_many_results_waited(make_run: MakeRun, worker: Worker, inner: str) -> None:
    strategy = {"name": "asha", "config": {"inner": inner, "max_epochs": 9}}
    prompt = finish(make_run(strategy=strategy, budget={"trials": 40}), worker)
    late = finish(make_run(strategy=strategy, budget={"trials": 40}), worker, jobs_between_advances=3)
    assert story(late) == story(prompt)
    assert "promote" in {operator for _, _, operator, *_ in story(prompt)}
