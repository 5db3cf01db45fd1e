"""Claiming, committing, losing: at most one worker wins, nothing is stored twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Attempt, Job, Proposal, Run
from apps.runs.services import job_claim as job_claiming
from apps.runs.services import memory
from apps.runs.services.job_claim import Claim, job_claim
from apps.runs.services.job_commit import job_commit
from apps.runs.services.job_lost import GIVE_UP_AFTER, leases_sweep
from apps.runs.services.work import Work, work_of
from apps.runs.services.worker_lost import dead_workers_release
from apps.runs.states import AttemptOutcome, JobState, RunState, TrialState
from apps.workers.models import Worker
from nas.core.errors import LeaseLost
from nas.core.result import Result, ResultStatus
from nas.strategies.aging_evolution import AgingEvolution
from tasks.work import carry_out
from tests.apps.runs.driver import advance, claim, finish, numbers, story, work
from tests.contracts.toys import Ones

MakeRun = Callable[..., Run]


@pytest.fixture
def other(db: None) -> Worker:
    return Worker.objects.create(
        name="cpu1", host="here", pid=2, queue="cpu", device="cpu", last_seen_at=timezone.now()
    )


def of(claimed: Claim) -> Work:
    return work_of(claimed.jobs, specification_of(claimed.job.run))


def commit(claimed: Claim, results: list[Result]) -> None:
    space = setup_of(claimed.job.run).space
    job_commit(claim=claimed, work=of(claimed), space=space, now=timezone.now(), results=results)


def result(number: int, accuracy: float = 0.5) -> Result:
    return Result(number, ResultStatus.COMPLETED, metrics={"accuracy": accuracy, "macs": 10.0}, cost_seconds=1.0)


def lose(claimed: Claim) -> None:
    """The lease ends and the sweep notices."""
    Job.objects.filter(pk=claimed.job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert leases_sweep(now=timezone.now()) == 1


def test_two_workers_never_hold_the_same_job(make_run: MakeRun, worker: Worker, other: Worker) -> None:
    advance(make_run())
    claims = [claim(who) for who in (worker, other, worker, other)]
    jobs = [c.job.pk for c in claims if c is not None]
    assert len(jobs) == len(set(jobs)) == 3
    assert claims[3] is None


def test_a_claim_that_comes_second_loses(make_run: MakeRun, worker: Worker, other: Worker) -> None:
    run = advance(make_run(parallelism=1))
    stale = run.jobs.get()
    assert claim(worker) is not None
    assert job_claiming._try([stale.pk], stale.fence + 1, other, timezone.now()) is None
    assert run.jobs.get().fence == 1


def test_runs_take_turns(make_run: MakeRun, worker: Worker) -> None:
    first, second = advance(make_run(parallelism=10)), advance(make_run(parallelism=2))
    order = [claimed.job.run_id for claimed in (claim(worker) for _ in range(4)) if claimed]
    assert order == [first.pk, second.pk, first.pk, second.pk]


def test_a_gpu_job_is_not_given_to_a_cpu_worker(make_run: MakeRun, worker: Worker) -> None:
    advance(make_run(device="gpu"))
    assert claim(worker) is None
    Worker.objects.filter(pk=worker.pk).update(queue="gpu")
    worker.refresh_from_db()
    assert claim(worker) is not None


def test_a_commit_under_an_old_fence_is_refused_whole(make_run: MakeRun, worker: Worker, other: Worker) -> None:
    run = advance(make_run(parallelism=1))
    late = claim(worker)
    assert late is not None
    lose(late)
    again = claim(other)
    assert again is not None
    with pytest.raises(LeaseLost):
        commit(late, [result(0, 0.9)])
    assert Proposal.objects.get(replica__run=run, number=0).result is None
    commit(again, [result(0, 0.4)])
    assert run.trials.get(number=0).value_0 == 0.4
    outcomes = list(again.job.attempts.order_by("fence").values_list("outcome", flat=True))
    assert outcomes == [AttemptOutcome.LOST, AttemptOutcome.DONE]


def test_a_result_that_was_committed_is_not_asked_for_again(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3, batch_size=3))
    first = claim(worker)
    assert first is not None
    commit(first, [result(0, 0.25)])
    lose(first)
    again = claim(worker)
    assert again is not None
    assert [wish.id for wish in of(again).open()] == [1, 2]
    commit(again, [result(0, 0.75), result(1), result(2)])
    assert run.trials.get(number=0).value_0 == 0.25
    assert run.jobs.get().state == JobState.DONE


def test_losing_workers_changes_neither_the_search_nor_the_budget(make_run: MakeRun, worker: Worker) -> None:
    undisturbed = finish(make_run(), worker)
    run = make_run()
    for step in range(10_000):
        advance(run)
        if run.state == RunState.COMPLETED:
            break
        claimed = claim(worker)
        assert claimed is not None
        if step % 3 == 1:
            lose(claimed)
        else:
            carry_out(claimed, worker)
    assert story(run) == story(undisturbed)
    assert Attempt.objects.filter(job__run=run, outcome=AttemptOutcome.LOST).exists()


def test_a_batch_that_killed_two_workers_is_split_and_comes_first(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=6, batch_size=3))
    for _ in range(2):
        claimed = claim(worker)
        assert claimed is not None
        lose(claimed)
    order = []
    while claimed := claim(worker):
        order.append([wish.id for wish in of(claimed).open()])
    assert order == [[0], [1], [2], [3, 4, 5]]
    assert run.trials.count() == 6


def test_what_kills_every_worker_ends_as_lost_worker_and_the_run_goes_on(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=1))
    for _ in range(GIVE_UP_AFTER):
        claimed = claim(worker)
        assert claimed is not None
        lose(claimed)
    trial = run.trials.get(number=0)
    assert trial.state == TrialState.LOST_WORKER
    assert "died 4 times" in trial.reason
    assert finish(run, worker).state == RunState.COMPLETED
    assert numbers(run) == list(range(12))


def test_a_worker_that_died_here_gives_back_its_job_at_once(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run())
    Worker.objects.filter(pk=worker.pk).update(pid=2**22 + 1, process_started="1")  # beyond any process of this machine
    held = claim(worker)
    assert held is not None
    dead_workers_release(host="elsewhere", now=timezone.now())
    assert run.jobs.get(pk=held.job.pk).state == JobState.RUNNING
    dead_workers_release(host="here", now=timezone.now())
    assert run.jobs.get(pk=held.job.pk).state == JobState.QUEUED
    worker.refresh_from_db()
    assert worker.stopped_at is not None


def test_a_failing_estimator_ends_the_trial_with_its_reason(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Ones.evaluate

    def sometimes(self: Ones, request: Any, context: Any) -> Any:
        if request.genotype["bits"].startswith("1"):
            raise RuntimeError("the wires melted")
        return honest(self, request, context)

    monkeypatch.setattr(Ones, "evaluate", sometimes)
    run = finish(make_run(), worker)
    crashed = run.trials.filter(state=TrialState.CRASHED)
    assert crashed.exists()
    assert "the wires melted" in crashed[0].reason
    assert "Traceback" in crashed[0].detail
    assert run.trials.filter(state=TrialState.COMPLETED).exists()
    assert run.state == RunState.COMPLETED


def test_a_broken_strategy_ends_the_run_with_its_reason(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = advance(make_run())
    work(worker, jobs=1)

    def broken(*_: object) -> None:
        raise KeyError("population")

    monkeypatch.setattr(AgingEvolution, "_learn", broken)
    advance(run)
    assert run.state == RunState.FAILED
    assert "KeyError" in run.end_reason
    assert not run.jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists()
    assert job_claim(worker=worker, now=timezone.now()) is None


def test_a_run_whose_specification_is_no_longer_understood_ends_with_a_reason(make_run: MakeRun) -> None:
    run = advance(make_run())
    Run.objects.filter(pk=run.pk).update(specification={**run.specification, "forgotten": 1})
    memory.warm.clear()
    commit_by_hand(run)
    advance(run)
    assert run.state == RunState.FAILED
    assert "forgotten" in run.end_reason
    assert not run.trials.filter(state__in=[TrialState.QUEUED, TrialState.RUNNING]).exists()


def commit_by_hand(run: Run) -> None:
    """One result, stored as a worker would have stored it before the program changed."""
    proposal = Proposal.objects.get(replica__run=run, number=0)
    proposal.result, proposal.finished_at = result(0).as_json(), timezone.now()
    proposal.save()
    proposal.trials.update(state=TrialState.COMPLETED, finished_at=proposal.finished_at)
