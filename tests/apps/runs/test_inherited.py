"""Weights inherited in a run: from the stored network of the parent, whatever dies meanwhile; only what is needed is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.artifacts.selectors import artifact_bytes
from apps.runs.models import Proposal, Run
from apps.runs.services.memory import warm
from apps.runs.states import RunState, TrialState
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig
from nas.training.checkpoint import unpack
from tasks import context
from tests.apps.runs.driver import advance, finish, story, work

MakeRun = Callable[..., Run]

VALUES: dict[str, Any] = {
    "strategy": {
        "name": "aging_evolution",
        "config": {"population_size": 3, "sample_size": 2, "inherit_weights": True},
    },
    "estimator": {"name": "train", "config": {"batch_size": 16, "learning_rate": 0.02, "epochs": 1}},
    "objectives": ["accuracy:maximise"],
    "budget": {"trials": 8},
    "parallelism": 1,
}


@pytest.fixture(autouse=True)
def _unwatched(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Trainings are real here and may last; the thread that watches a job would not see this test's transaction."""
    monkeypatch.setattr(context, "WATCH_SECONDS", 3600)
    settings.NASWEB_HEARTBEAT_SECONDS = 3600


def kept(run: Run) -> set[int]:
    found = Proposal.objects.filter(replica__run=run, checkpoint__isnull=False)
    return set(found.values_list("number", flat=True))


def on_front(run: Run) -> set[int]:
    return set(run.trials.filter(on_front=True).values_list("proposal__number", flat=True))


def alive(run: Run) -> set[int]:
    memory = warm.recall(run, run.replicas.get())
    return set(memory.strategy.views()[0].data["id"])


def test_children_inherit_and_only_the_living_and_the_front_are_kept(make_run: MakeRun, worker: Worker) -> None:
    run = make_run(**VALUES)
    for _ in range(8):
        advance(run)
        work(worker, jobs=1)
        advance(run)
        pending = Proposal.objects.filter(replica__run=run, finished_at__isnull=True).values_list("body", flat=True)
        parents = {body["inherits"] for body in pending} - {None}
        assert parents <= kept(run) <= alive(run) | on_front(run) | parents
    run = finish(run, worker)
    assert run.state == RunState.COMPLETED
    shares = dict(run.trials.values_list("proposal__number", "metrics"))
    children = [
        p for p in Proposal.objects.filter(replica__run=run).order_by("number") if p.body["inherits"] is not None
    ]
    assert [p.number for p in children] == [3, 4, 5, 6, 7]
    assert [number for number, metrics in sorted(shares.items()) if "inherited_share" in metrics] == [3, 4, 5, 6, 7]
    for proposal in children:
        assert proposal.body["inherits"] == proposal.body["parents"][0]
        assert 0 < shares[proposal.number]["inherited_share"] <= 1
    assert kept(run) == on_front(run)  # nobody inherits any more


def test_the_report_tests_the_network_that_was_trained_by_inheritance(make_run: MakeRun, worker: Worker) -> None:
    run = finish(make_run(**VALUES), worker)
    reported = list(run.trials.filter(report_result__isnull=False))
    assert reported
    for trial in reported:
        assert trial.report_result["status"] == TrialState.COMPLETED
        assert trial.report_result["metrics"]["loss"] == trial.metrics["loss"]
        assert "test_accuracy" in trial.report_result["metrics"]


def test_a_worker_that_dies_changes_nothing(make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training is interrupted once after some batches and goes on from its own checkpoint."""
    quiet = finish(make_run(**VALUES), worker)
    asked: dict[int, int] = {}
    plain = context.PlatformContext.should_stop

    def stopping(self: context.PlatformContext) -> bool:
        job = self.claim.job.pk
        asked[job] = asked.get(job, 0) + 1
        return asked[job] == 3 or plain(self)

    monkeypatch.setattr(context.PlatformContext, "should_stop", stopping)
    restless = finish(make_run(**VALUES), worker)
    assert max(asked.values()) > 3
    assert [told(row) for row in story(restless)] == [told(row) for row in story(quiet)]


def told(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without what the clock says."""
    *rest, metrics = row
    return (*rest, {name: value for name, value in metrics.items() if name != "train_seconds"})


def test_a_parent_whose_network_is_gone_is_named_in_the_trial(make_run: MakeRun, worker: Worker) -> None:
    run = make_run(**VALUES)
    for _ in range(4):
        advance(run)
        work(worker, jobs=1)
    advance(run)
    Proposal.objects.filter(replica__run=run).update(checkpoint=None)
    work(worker, jobs=1)
    orphan = run.trials.get(number=4)
    assert (orphan.state, orphan.metrics["inherited_share"]) == (TrialState.COMPLETED, 0.0)


def test_what_is_stored_is_the_network_after_its_training(make_run: MakeRun, worker: Worker) -> None:
    run = make_run(**VALUES)
    advance(run)
    work(worker, jobs=1)
    stored = Proposal.objects.get(replica__run=run, number=0).checkpoint
    assert stored is not None
    _, meta = unpack(artifact_bytes(stored))
    assert meta["position"]["epoch"] == 1


def test_an_estimator_without_weights_refuses_at_the_setting(make_run: MakeRun) -> None:
    with pytest.raises(InvalidConfig, match="trains no networks") as raised:
        make_run(**{**VALUES, "estimator": {"name": "ones"}})
    assert [error.field for error in raised.value.errors] == ["strategy.config.inherit_weights"]
