"""A worker that is woken works until nothing is left, gives way to people who wait, and ends when it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.datasets.models import DataSet
from apps.live.redis import client
from apps.runs.models import Attempt, Proposal, Run, Trial
from apps.runs.services import job_commit
from apps.runs.states import AttemptOutcome, JobState, RunState, TrialState
from apps.workers.models import Worker
from apps.workers.services.registration import workers_drain
from tasks import work
from tasks.work import job_execute, worker_name
from tests.apps.runs.driver import advance, finish, story
from tests.support.broker import num_calls

MakeRun = Callable[..., Run]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_calls_of_other_tests() -> Iterator[None]:
    client().flushall()
    yield
    client().flushall()


def test_it_claims_until_nothing_is_left(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=5, batch_size=2))
    assert run.jobs.count() == 3
    job_execute()
    assert set(run.jobs.values_list("state", flat=True)) == {JobState.DONE}
    assert Proposal.objects.filter(replica__run=run, result__isnull=False).count() == 5
    assert set(Attempt.objects.values_list("worker_id", flat=True)) == {worker.pk}


def test_it_gives_way_to_an_upload_and_calls_itself_again(
    make_run: MakeRun, worker: Worker, team: Team, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "WATCH_SECONDS", 0.0)  # it looks after every job
    run = advance(make_run(parallelism=4))
    client().flushall()
    DataSet.objects.create(team=team, name="images", created_by=member)
    job_execute()
    assert run.jobs.filter(state=JobState.DONE).count() == 1, "the first claim comes before the first look"
    assert num_calls("cpu") == 1
    DataSet.objects.all().delete()
    job_execute()
    assert not run.jobs.exclude(state=JobState.DONE).exists()


def test_a_worker_that_was_asked_to_end_claims_nothing(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run())
    workers_drain(host=worker.host, name=worker_name())
    job_execute()
    assert not Attempt.objects.exists()
    assert not run.jobs.exclude(state=JobState.QUEUED).exists()


def test_a_paused_run_is_left_alone(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run())
    Run.objects.filter(pk=run.pk).update(state=RunState.PAUSED)
    job_execute()
    assert not Attempt.objects.exists()


def test_a_database_that_was_away_costs_no_result(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about the architectures, so none of them may be called crashed for it."""
    undisturbed = story(finish(make_run(parallelism=1), worker))
    run = make_run(parallelism=1)
    commits = 0

    def away(point: str) -> None:
        nonlocal commits
        commits += point == "commit.before"
        if point == "commit.before" and commits in (2, 5, 6):
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(job_commit, "fault_point", away)
    monkeypatch.setattr(connection, "close", lambda: None)  # the transaction of this test lives in it
    finish(run, worker)
    assert story(run) == undisturbed
    assert set(Trial.objects.filter(run=run).values_list("state", flat=True)) == {TrialState.COMPLETED}
    # The second commit was made up for at once; the fifth could not, so another attempt did the work again.
    lost = Attempt.objects.get(job__run=run, outcome=AttemptOutcome.LOST)
    assert "did not answer" in lost.detail


def test_writes_that_never_succeed_end_as_a_lost_worker(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job must not go round for ever."""
    run = advance(make_run(parallelism=1, budget={"trials": 1}))
    real = job_commit.fault_point

    def away(point: str) -> None:
        if point == "commit.before":
            raise OperationalError("disk I/O error")
        real(point)

    monkeypatch.setattr(job_commit, "fault_point", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    job_execute()
    trial = Trial.objects.get(run=run)
    assert (trial.state, Attempt.objects.count()) == (TrialState.LOST_WORKER, 4)
    assert "disk I/O error" in trial.reason


def test_a_job_that_crashes_names_the_error_and_the_run_goes_on(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = advance(make_run(parallelism=2, budget={"trials": 2}))
    real = work.registry.job_kinds.get("evaluate")

    class FailsOnce(real):  # type: ignore[misc,valid-type]
        def run(self, context: Any) -> None:
            if context.proposals[0].id == 0:
                raise RuntimeError("no such file: weights")
            super().run(context)

    monkeypatch.setattr(work.registry.job_kinds, "get", lambda name: FailsOnce)
    job_execute()
    first, second = Trial.objects.filter(run=run).order_by("number")
    assert (first.state, second.state) == (TrialState.CRASHED, TrialState.COMPLETED)
    assert first.reason == "the job crashed: RuntimeError: no such file: weights"
    assert "Traceback" in Proposal.objects.get(replica__run=run, number=0).result["detail"]
    assert advance(run).state in (RunState.REPORTING, RunState.COMPLETED)


def test_of_jobs_taken_together_only_the_one_that_crashes_ends_crashed(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = advance(make_run(parallelism=4, budget={"trials": 4}))
    real = work.registry.job_kinds.get("evaluate")
    sizes: list[int] = []

    class FailsAtTheThird(real):  # type: ignore[misc,valid-type]
        def run(self, context: Any) -> None:
            sizes.append(len(context.proposals))
            if 2 in [proposal.id for proposal in context.proposals]:
                raise RuntimeError("no such file: weights")
            super().run(context)

    monkeypatch.setattr(work.registry.job_kinds, "get", lambda name: FailsAtTheThird)
    monkeypatch.setattr(work, "_jobs_at_once", lambda run_id: 4)
    job_execute()
    assert sizes == [4, 1, 1, 1, 1]
    states = Trial.objects.filter(run=run).order_by("number").values_list("state", flat=True)
    assert list(states) == ["completed", "completed", "crashed", "completed"]


def test_quick_jobs_are_taken_together_once_that_is_known(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=8))
    work._pace(run.pk).note(0.001)
    job_execute()
    starts = Trial.objects.filter(run=run).values_list("started_at", flat=True).distinct()
    assert len(starts) == 1
    assert not run.jobs.exclude(state=JobState.DONE).exists()


def test_a_run_whose_data_are_gone_says_so(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=1, budget={"trials": 1}))
    stored = {**run.specification, "problem": {"name": "image_classification", "config": {"dataset": "upload:77"}}}
    Run.objects.filter(pk=run.pk).update(specification=stored)
    job_execute()
    trial = Trial.objects.get(run=run)
    assert trial.state == TrialState.CRASHED
    assert "there is no data set 'upload:77'" in trial.reason


def test_the_worker_shows_that_it_lives(make_run: MakeRun, worker: Worker) -> None:
    Worker.objects.update(last_seen_at=timezone.now() - timezone.timedelta(hours=1))
    before = timezone.now()
    job_execute()
    worker.refresh_from_db()
    assert worker.last_seen_at >= before
