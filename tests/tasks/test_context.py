"""What a job sees of the platform: its lease is renewed, it learns that it shall stop, its curve is written meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.runs.models import Attempt, CurvePoint, Job, Proposal, Run, Trial
from apps.runs.services.job_claim import job_claim
from apps.runs.states import AttemptOutcome, JobState, RunState, TrialState
from apps.workers.models import Worker
from apps.workers.services.registration import workers_drain
from nas.core.errors import Interrupted
from nas.core.result import Result, ResultStatus
from tasks import context as contexts
from tasks import work
from tasks.context import PlatformContext
from tests.apps.runs.driver import advance, claim
from tests.support.conditions import wait_for

MakeRun = Callable[..., Run]
# The watching thread has a connection of its own: it sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _watched_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "WATCH_SECONDS", 0.02)


class Task:
    """A job that is under way in a thread of its own, as in a worker, until it is asked to stop or told to end."""

    def __init__(self, run: Run, worker: Worker, monkeypatch: pytest.MonkeyPatch, together: int = 1) -> None:
        self.under_way = threading.Event()
        self.may_end = threading.Event()
        self.was_stopped = False
        task = self

        class Waits:
            def run(self, context: PlatformContext) -> None:
                context.report(context.proposals[0].id, 1, {"accuracy": 0.25, "loss": float("nan")})
                task.under_way.set()
                while not context.should_stop():
                    if task.may_end.wait(0.01):
                        return
                task.was_stopped = True
                raise Interrupted("asked to stop")

        monkeypatch.setattr(work.registry.job_kinds, "get", lambda name: Waits)
        claimed = job_claim(worker=worker, now=timezone.now(), at_once=lambda run_id: together)
        assert claimed is not None
        assert len(claimed.jobs) == together
        self.job = claimed.job
        self.thread = threading.Thread(target=self._carry_out, args=(claimed, worker))
        self.thread.start()
        assert self.under_way.wait(10)

    def _carry_out(self, claimed: Any, worker: Worker) -> None:
        try:
            work.carry_out(claimed, worker)
        finally:
            contexts.connection.close()

    def join(self) -> None:
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def start(make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Task]]:
    tasks: list[Task] = []

    def begin(together: int = 1) -> Task:
        tasks.append(Task(advance(make_run(parallelism=together)), worker, monkeypatch, together))
        return tasks[-1]

    yield begin
    for task in tasks:
        task.may_end.set()
        task.join()


def test_the_lease_is_renewed_while_the_job_runs(start: Callable[[], Task], settings: Any) -> None:
    settings.NASWEB_HEARTBEAT_SECONDS = 0.02
    task = start()
    almost_over = timezone.now()
    Job.objects.filter(pk=task.job.pk).update(lease_until=almost_over)
    wait_for(
        lambda: (Job.objects.get(pk=task.job.pk).lease_until - almost_over).total_seconds() > 30,
        what="a renewed lease",
    )


def test_the_leases_of_jobs_taken_together_are_all_renewed(start: Callable[..., Task], settings: Any) -> None:
    settings.NASWEB_HEARTBEAT_SECONDS = 0.02
    start(together=3)
    almost_over = timezone.now()
    Job.objects.update(lease_until=almost_over)
    wait_for(
        lambda: not Job.objects.filter(lease_until__lt=almost_over + timedelta(seconds=30)).exists(),
        what="three renewed leases",
    )


def test_small_jobs_that_turn_out_long_are_given_back(
    start: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker may wait for them. That is no loss; from then on each comes alone, and is left in peace."""
    monkeypatch.setattr(contexts, "TOGETHER_SECONDS", 0.1)
    task = start(together=3)
    task.join()
    assert task.was_stopped
    assert list(Job.objects.values_list("state", "num_lost").distinct()) == [(JobState.QUEUED, 0)]
    assert list(Attempt.objects.values_list("outcome", flat=True)) == [AttemptOutcome.INTERRUPTED] * 3


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED])
def test_a_job_nobody_wants_any_more_is_told_to_stop(start: Callable[[], Task], state: RunState) -> None:
    task = start()
    Run.objects.filter(pk=task.job.run_id).update(state=state)
    task.join()
    assert task.was_stopped
    assert Attempt.objects.get(job=task.job).outcome == AttemptOutcome.INTERRUPTED
    assert Job.objects.get(pk=task.job.pk).state == JobState.QUEUED
    assert Trial.objects.get(proposal__job=task.job).state == TrialState.QUEUED


def test_a_job_that_was_given_to_somebody_else_stops_and_touches_nothing(start: Callable[[], Task]) -> None:
    task = start()
    Job.objects.filter(pk=task.job.pk).update(fence=task.job.fence + 1)
    task.join()
    assert task.was_stopped
    job = Job.objects.get(pk=task.job.pk)
    assert (job.state, job.fence) == (JobState.RUNNING, task.job.fence + 1)
    assert Attempt.objects.get(job=task.job).ended_at is None


def test_a_worker_that_shuts_down_gives_the_job_back(start: Callable[[], Task], worker: Worker) -> None:
    task = start()
    workers_drain(host=worker.host, name=worker.name)
    task.join()
    assert Job.objects.get(pk=task.job.pk).state == JobState.QUEUED
    assert Job.objects.get(pk=task.job.pk).num_lost == 0, "a shutdown is no loss"


def test_the_curve_is_on_the_page_while_the_job_runs(start: Callable[[], Task]) -> None:
    task = start()
    point = wait_for(CurvePoint.objects.first, what="a point of the curve")
    assert task.thread.is_alive()
    assert (point.step, point.metrics) == (1, {"accuracy": 0.25, "loss": None})


def test_a_point_that_is_being_written_when_the_job_ends_is_not_lost(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last commit ends the job; a point that arrived behind it would be refused."""
    in_hand = threading.Event()
    store = contexts.job_commit

    def slowly(**given: Any) -> None:
        if threading.current_thread().name == "lease":
            in_hand.set()
            others.wait(0.3)  # the job's thread has time to overtake, and must not
        store(**given)

    others = threading.Event()
    monkeypatch.setattr(contexts, "job_commit", slowly)

    class Reports:
        def run(self, context: PlatformContext) -> None:
            number = context.proposals[0].id
            context.report(number, 1, {"accuracy": 0.5})
            assert in_hand.wait(10)
            result = Result(number, ResultStatus.COMPLETED, metrics={"accuracy": 0.5, "macs": 1.0}, cost_seconds=1.0)
            context.commit(results=[result])

    monkeypatch.setattr(work.registry.job_kinds, "get", lambda name: Reports)
    run = advance(make_run(parallelism=1))
    claimed = claim(worker)
    assert claimed is not None
    work.carry_out(claimed, worker)
    assert Job.objects.get(pk=claimed.job.pk).state == JobState.DONE
    assert [(point.step, point.metrics) for point in CurvePoint.objects.filter(trial__run=run)] == [
        (1, {"accuracy": 0.5})
    ]


def test_a_point_that_the_database_did_not_take_is_written_later(
    start: Callable[[], Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = contexts.job_commit
    failures = iter([OperationalError("database is locked")] * 2)

    def away(**given: Any) -> None:
        for error in failures:
            raise error
        store(**given)

    monkeypatch.setattr(contexts, "job_commit", away)
    start()
    assert wait_for(CurvePoint.objects.first, what="a point of the curve").step == 1


def test_code_that_never_looks_up_is_ended_with_its_process(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that never returns (a hanging driver, say) must not hold a worker for ever."""
    monkeypatch.setattr(contexts, "GRACE_SECONDS", 0.05)
    ended: list[int] = []
    over = threading.Event()

    def end(status: int) -> None:
        ended.append(status)
        over.set()

    monkeypatch.setattr(os, "_exit", end)

    class NeverLooksUp:
        def run(self, context: PlatformContext) -> None:
            Run.objects.filter(pk=context.claim.job.run_id).update(state=RunState.CANCELLED)
            assert over.wait(10)

    monkeypatch.setattr(work.registry.job_kinds, "get", lambda name: NeverLooksUp)
    claimed = claim(worker) if advance(make_run(parallelism=1)) else None
    assert claimed is not None
    work.carry_out(claimed, worker)
    assert set(ended) == {70}


def test_a_training_cut_by_a_shutdown_ends_as_if_it_had_not_been(
    make_real_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real networks, real data: the next attempt goes on from the checkpoint and gives the same bits."""

    def told(run: Run) -> dict[str, Any]:
        result = Proposal.objects.get(replica__run=run).result
        assert result is not None
        return {name: value for name, value in result["metrics"].items() if not name.endswith("_seconds")}

    def curve(run: Run) -> list[Any]:
        kept = ("accuracy", "loss", "train_loss", "learning_rate")
        points = CurvePoint.objects.filter(trial__run=run).order_by("step")
        return [(p.step, [p.metrics[name] for name in kept]) for p in points]

    whole, cut = advance(make_real_run()), make_real_run()
    work.job_execute()
    assert Trial.objects.get(run=whole).state == TrialState.COMPLETED

    advance(cut)
    claimed = claim(worker)
    assert claimed is not None
    reported = 0

    class CutInTheMiddle(PlatformContext):
        def report(self, proposal_id: int, step: int, metrics: Any) -> None:
            nonlocal reported
            super().report(proposal_id, step, metrics)
            reported += 1
            if step == 2:
                self._stop.set()  # as the watching thread does when the worker's row says that it drains

    monkeypatch.setattr(work, "PlatformContext", CutInTheMiddle)
    work.carry_out(claimed, worker)
    monkeypatch.setattr(work, "PlatformContext", PlatformContext)
    proposal = Proposal.objects.get(replica__run=cut)
    assert (reported, proposal.result) == (2, None)
    assert proposal.checkpoint is not None
    assert Job.objects.get(pk=claimed.job.pk).state == JobState.QUEUED

    work.job_execute()
    assert Attempt.objects.filter(job=claimed.job).count() == 2
    assert told(cut) == told(whole)
    assert curve(cut) == curve(whole)
    assert len(curve(cut)) == 4
