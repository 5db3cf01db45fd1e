"""The sweep: whatever nobody was woken for, whoever died, is found by looking into the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.live.redis import client
from apps.runs.models import Job, Run, Trial
from apps.runs.states import JobState, RunState, TrialState
from apps.workers.models import Worker
from tasks.control import Clock, sweep
from tests.apps.runs.driver import advance, claim, finish, numbers, story, work
from tests.support.broker import num_calls
from tests.support.conditions import wait_for
from tests.support.redis_server import RedisServer

MakeRun = Callable[..., Run]
pytestmark = pytest.mark.django_db


def test_a_run_that_nobody_woke_is_carried_on_to_its_end(make_run: MakeRun, worker: Worker) -> None:
    expected = story(finish(make_run(), worker))
    run = make_run()
    for _ in range(100):
        client().flushall()  # every wake-up call is lost
        sweep()
        work(worker, jobs=1)
        run.refresh_from_db()
        if run.state == RunState.COMPLETED:
            break
    assert run.state == RunState.COMPLETED
    assert story(run) == expected


def test_a_job_whose_lease_ended_is_given_out_again(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=1))
    claimed = claim(worker)
    assert claimed is not None
    Job.objects.filter(pk=claimed.job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert run.jobs.get().state == JobState.QUEUED
    assert claim(worker) is not None


def test_jobs_of_a_dead_process_come_back_at_once(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=1))
    gone = Worker.objects.create(
        name="cpu1",
        host=worker.host,
        pid=2**22 + 1,  # beyond the largest process id
        process_started="1",
        queue="cpu",
        device="cpu",
        last_seen_at=timezone.now(),
    )
    assert claim(gone) is not None
    sweep()
    assert run.jobs.get().state == JobState.QUEUED
    gone.refresh_from_db()
    assert gone.stopped_at is not None


def test_workers_are_called_for_what_waits(make_run: MakeRun) -> None:
    advance(make_run())
    client().flushall()
    sweep()
    assert num_calls("cpu") >= 1
    assert num_calls("gpu") >= 1


def test_a_run_that_cannot_be_read_keeps_no_other_from_its_turn(make_run: MakeRun, worker: Worker) -> None:
    """A setting that a later version no longer knows, say."""
    broken, sound = advance(make_run(parallelism=1)), make_run(parallelism=1)
    held = claim(worker)
    assert held is not None
    assert held.job.run_id == broken.pk
    Job.objects.filter(pk=held.job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    Run.objects.filter(pk=broken.pk).update(specification={**broken.specification, "forgotten": 1})
    sweep()
    assert numbers(sound, state=TrialState.QUEUED) == [0]
    assert Trial.objects.get(run=broken).state == TrialState.RUNNING


def test_the_clock_outlives_an_absence_of_redis(
    redis_server: RedisServer, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "NASWEB_SWEEP_SECONDS", 0.05)
    client().flushall()
    clock = Clock()
    redis_server.kill()
    clock.start()
    try:
        redis_server.start()
        client().flushall()
        wait_for(lambda: num_calls("control"), what="a call for a sweep")
    finally:
        clock.stop()
        clock.join(10)
    assert not clock.is_alive()
