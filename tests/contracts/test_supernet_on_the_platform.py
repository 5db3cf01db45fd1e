"""A real supernet through the platform's own code: paused in the middle of a leg, its worker killed, it gives the same bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from django.utils import timezone

from apps.accounts.services.first_start import first_start
from apps.live.models import Outbox
from apps.runs.models import Attempt, Job, Proposal, Run, Trial
from apps.runs.selectors.lists import run_rows
from apps.runs.selectors.work import work_shown
from apps.runs.services import advance, memory, run_create, worker_lost
from apps.runs.states import AttemptOutcome, JobState, RunState
from nas import registry
from tests.contracts.test_job_kinds import HOST, Died, World
from tests.support.toy_registry import registered

pytestmark = pytest.mark.django_db

EPOCHS = 3


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    memory.warm.clear()
    with registered(
        (registry.strategies, "choosing", "tests.support.choosing_supernet:ChoosingSearch"),
        (registry.supernet_trainings, "choosing", "tests.support.choosing_supernet:ChoosingTraining"),
    ):
        yield
    memory.warm.clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def start(**settings: Any) -> Run:
    somebody = first_start(now=timezone.now())
    values = {
        "problem": {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 300}},
        "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
        "strategy": {
            "name": "choosing",
            "config": {"epochs": EPOCHS, "batch_size": 64, "num_trained": 1, "num_scored": 2, **settings},
        },
        "estimator": {"name": "train", "config": {"epochs": 1}},
        "objectives": ["accuracy:maximise", "macs:minimise"],
        "budget": {"trials": 5},
        "seed": 3,
        "num_reported": 0,
    }
    return run_create(team=somebody.team, by=somebody.user, name="supernet", values=values, now=timezone.now())


TIMES = frozenset({"cost_seconds", "train_seconds"})


def timeless(value: Any) -> Any:
    """Without what a clock says."""
    if isinstance(value, dict):
        return {name: timeless(inner) for name, inner in value.items() if name not in TIMES}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def outcome(run: Run) -> dict[str, Any]:
    replica = run.replicas.get()
    state = memory.restore(run, replica).strategy.state_dict()
    trials = Trial.objects.filter(run=run).select_related("architecture").order_by("number")
    return {
        "proposals": [
            timeless([p.number, p.body, p.result]) for p in Proposal.objects.filter(replica=replica).order_by("number")
        ],
        "trials": [
            timeless([t.number, t.serial, t.operator, t.architecture.key, t.metrics, t.told_order]) for t in trials
        ],
        "strategy": timeless(dict(state.data)),
        "findings": replica.findings,
        "views": {view.name: view.data for view in replica.views.all() if view.name != "rank_correlation"},
    }


def test_pauses_and_deaths_in_the_middle_of_legs_leave_no_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a step within each leg: first the search is asked to pause, then the worker that took it up again dies."""
    expected = outcome(world.finish(start()))
    kinds = [body["kind"] for _, body, _ in expected["proposals"]]
    assert kinds == ["train_supernet"] * EPOCHS + ["score_shared", "evaluate"]

    stopped: list[int] = []
    died: list[int] = []
    kind = registry.supernet_trainings.get("choosing")
    step = kind.step

    def disturbed(self: Any, *given: Any) -> Any:
        if self.epoch not in stopped and self._batch == 1:
            stopped.append(self.epoch)
            world._stop = True  # as a pause does: the state is saved before the next step
        elif self.epoch in stopped and self.epoch not in died and self._batch == 2:
            died.append(self.epoch)
            raise Died
        return step(self, *given)

    monkeypatch.setattr(kind, "step", disturbed)
    run = world.finish(start())
    assert (stopped, died) == (list(range(EPOCHS)), list(range(EPOCHS)))
    assert outcome(run) == expected
    ends = Attempt.objects.filter(job__run=run, job__kind="train_supernet").values_list("outcome", flat=True)
    assert sorted(ends) == sorted([AttemptOutcome.INTERRUPTED, AttemptOutcome.LOST, AttemptOutcome.DONE] * EPOCHS)


def test_what_legs_and_scores_cost_is_spent_by_the_run(world: World) -> None:
    run = world.finish(start())
    replica = run.replicas.get()
    costs = [
        proposal.outcome().cost_seconds for proposal in Proposal.objects.filter(replica=replica).order_by("number")
    ]
    assert all(cost > 0 for cost in costs)
    assert replica.spent_seconds == pytest.approx(sum(costs))
    evaluated = Trial.objects.get(run=run, operator="derived")
    assert evaluated.spent_seconds == pytest.approx(sum(costs))
    (row,) = run_rows([run])
    assert (row.num_ended, row.planned_trials, row.percent) == (1, 1, 100.0)  # of a budget of five
    scored = Trial.objects.filter(run=run, operator="score_shared").order_by("number")
    assert [trial.spent_seconds for trial in scored] == [pytest.approx(sum(costs[: EPOCHS + 1]))] * 2
    memory.warm.clear()  # and what is restored from the database knows it
    assert memory.restore(run, replica).progress.spent == pytest.approx(sum(costs))


def test_a_leg_that_fails_says_why_and_ends_the_training_not_the_platform(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = registry.supernet_trainings.get("choosing")
    monkeypatch.setattr(
        kind, "step", lambda self, *given: torch.tensor(float("nan"))
    )  # as a rate that is too high gives
    run = world.finish(start())
    replica = run.replicas.get()
    assert run.state == RunState.COMPLETED
    work = work_shown(replica)
    assert work is not None
    assert (work.kind, work.state) == ("train_supernet", "diverged")
    assert "learning rate" in work.reason
    (found,) = [row for row in replica.findings if row["kind"] == "broken"]
    assert work.reason in found["text"]
    assert found["stops"]
    events = [row.body for row in Outbox.objects.filter(run=run).order_by("pk")]
    ended = [event for event in events if event["type"] == "work_changed" and event["state"] == "diverged"]
    assert [event["reason"] for event in ended] == [work.reason]


def test_a_worker_that_dies_leaves_the_leg_waiting_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start()
    kind = registry.supernet_trainings.get("choosing")

    def dies(self: Any, *given: Any) -> Any:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(kind, "step", dies)
        advance.run_advance(run_id=run.pk, clock=timezone.now)
        with pytest.raises(Died):
            world.work(world.new_worker())
    running = work_shown(run.replicas.get())
    assert running is not None
    assert (running.state, running.worker, running.done, running.total) == ("running", "cpu0", 0, EPOCHS)
    worker_lost.dead_workers_release(host=HOST, now=timezone.now())
    waiting = work_shown(run.replicas.get())
    assert waiting is not None
    assert (waiting.state, waiting.worker) == ("queued", "")
    assert Job.objects.get(run=run).state == JobState.QUEUED


def test_an_alarm_that_is_to_stop_ends_the_legs_and_what_was_learned_counts(world: World) -> None:
    settings = {
        "gap_alarm": "off",
        "collapse_alarm": "off",
        "entropy_alarm": "stop",
        "entropy_floor": 0.999,
        "alarms_from": 2,
    }
    run = world.finish(start(**settings))
    replica = run.replicas.get()
    kinds = list(Proposal.objects.filter(replica=replica).order_by("number").values_list("job__kind", flat=True))
    assert kinds == ["train_supernet"] * 2 + ["score_shared", "evaluate"]
    (found,) = replica.findings
    assert (found["kind"], found["stops"], found["number"]) == ("entropy", True, 0)
    assert found["text"].startswith("Epoch 2: all is decided")
    memory.warm.clear()
    replayed = memory.restore(run, replica).strategy.findings()
    assert [finding.text for finding in replayed] == [found["text"]]
