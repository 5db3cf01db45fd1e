"""Several small jobs in one claim: each keeps its own fence, its own end and its own way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.runs.models import Attempt, Job, Proposal, Run
from apps.runs.services import job_claim as job_claiming
from apps.runs.services.job_claim import Claim, job_claim, lease_renew, run_wants_job
from apps.runs.services.job_commit import job_release
from apps.runs.services.job_lost import leases_sweep
from apps.runs.states import AttemptOutcome, JobState, RunState
from apps.workers.models import Worker
from nas.core.errors import LeaseLost
from tasks.work import carry_out
from tests.apps.runs.driver import advance, claim, finish, numbers, story
from tests.apps.runs.test_jobs import commit, of, other, result

__all__ = ["other"]

MakeRun = Callable[..., Run]
pytestmark = pytest.mark.django_db


def claim_many(worker: Worker, most: int = 16) -> Claim:
    claimed = job_claim(worker=worker, now=timezone.now(), at_once=lambda run_id: most)
    assert claimed is not None
    return claimed


def first_numbers(claimed: Claim) -> list[int]:
    of_jobs = Proposal.objects.filter(job__in=claimed.jobs)
    return list(of_jobs.order_by("number").values_list("number", flat=True))


def test_as_many_as_asked_for_are_claimed_in_order(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=6))
    claimed = claim_many(worker, 4)
    assert first_numbers(claimed) == [0, 1, 2, 3]
    assert numbers(run, state="running") == [0, 1, 2, 3]
    assert [(a.job_id, a.fence, a.worker) for a in Attempt.objects.order_by("job")] == [
        (job.pk, 1, worker) for job in claimed.jobs
    ]
    assert first_numbers(claim_many(worker)) == [4, 5]


def test_no_more_than_the_share_of_those_that_wait(make_run: MakeRun, worker: Worker, other: Worker) -> None:
    advance(make_run(parallelism=6))
    assert len(claim_many(worker).jobs) == 3
    assert len(claim_many(other).jobs) == 2
    assert len(claim_many(worker).jobs) == 1


@pytest.mark.parametrize("change", [{"is_draining": True}, {"stopped_at": timezone.now()}, {"queue": "gpu"}])
def test_workers_that_take_none_of_them_have_no_share(
    make_run: MakeRun, worker: Worker, other: Worker, change: dict[str, object]
) -> None:
    Worker.objects.filter(pk=other.pk).update(**change)
    advance(make_run(parallelism=6))
    assert len(claim_many(worker).jobs) == 6


def test_jobs_of_another_replica_are_not_mixed_in(make_run: MakeRun, worker: Worker) -> None:
    advance(make_run(parallelism=3, num_replicas=2))
    for _ in range(2):
        claimed = claim_many(worker)
        assert len(claimed.jobs) == 3
        assert len({job.replica_id for job in claimed.jobs}) == 1


@pytest.mark.parametrize("before", [{"fence": 1}, {"num_lost": 1}])
def test_a_job_that_was_held_or_lost_before_comes_alone(
    make_run: MakeRun, worker: Worker, before: dict[str, int]
) -> None:
    run = advance(make_run(parallelism=4))
    first, second, *_ = run.jobs.order_by("pk")
    Job.objects.filter(pk=second.pk).update(**before)
    assert [claim_many(worker).jobs for _ in range(2)] == [(first,), (second,)]
    assert len(claim_many(worker).jobs) == 2


def test_of_some_that_another_worker_was_quicker_to_take_none_is_taken(
    make_run: MakeRun, worker: Worker, other: Worker
) -> None:
    run = advance(make_run(parallelism=3))
    pks = list(run.jobs.order_by("pk").values_list("pk", flat=True))
    taken = claim(other)
    assert taken is not None
    assert job_claiming._try(pks, 1, worker, timezone.now()) is None
    assert run.jobs.filter(state=JobState.QUEUED).count() == 2
    assert Attempt.objects.count() == 1
    assert len(claim_many(worker, 3).jobs) == 1, "its share of two"


def test_a_job_ends_with_its_last_result_whatever_the_others_do(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=4, batch_size=2))
    claimed = claim_many(worker)
    work = of(claimed)
    commit(claimed, [result(0), result(1), result(2)])
    assert list(run.jobs.order_by("pk").values_list("state", flat=True)) == [JobState.DONE, JobState.RUNNING]
    assert [wish.id for wish in work.open()] == [3]
    commit(claimed, [result(3)])
    assert set(run.jobs.values_list("state", flat=True)) == {JobState.DONE}
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {AttemptOutcome.DONE}
    with pytest.raises(LeaseLost):
        commit(claimed, [result(3)])


def test_of_a_job_that_was_taken_away_nothing_is_stored(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    gone = claimed.jobs[1]
    Job.objects.filter(pk=gone.pk).update(fence=2)
    commit(claimed, [result(0), result(1), result(2)])
    stored = Proposal.objects.filter(replica__run=run, result__isnull=False).order_by("number")
    assert list(stored.values_list("number", flat=True)) == [0, 2]
    assert run.jobs.get(pk=gone.pk).state == JobState.RUNNING
    assert numbers(run, state="running") == [1]


def test_when_all_were_taken_away_the_lease_is_lost(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    run.jobs.update(fence=2)
    assert not lease_renew(claim=claimed, now=timezone.now())
    assert not run_wants_job(claimed)
    with pytest.raises(LeaseLost):
        commit(claimed, [result(0)])
    assert not Proposal.objects.filter(result__isnull=False).exists()


def test_the_leases_of_all_are_renewed(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    run.jobs.update(lease_until=timezone.now())
    assert lease_renew(claim=claimed, now=timezone.now()) == 3
    assert leases_sweep(now=timezone.now()) == 0


def test_a_pause_stops_all_of_them(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    assert run_wants_job(claimed)
    Run.objects.filter(pk=run.pk).update(state=RunState.PAUSED)
    assert not run_wants_job(claimed)


def test_what_is_not_over_goes_back_into_the_queue(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    commit(claimed, [result(0)])
    job_release(claim=claimed, work=of(claimed), now=timezone.now())
    assert list(run.jobs.order_by("pk").values_list("state", flat=True)) == ["done", "queued", "queued"]
    assert numbers(run, state="queued") == [1, 2]
    outcomes = Attempt.objects.order_by("job").values_list("outcome", flat=True)
    assert list(outcomes) == [AttemptOutcome.DONE, AttemptOutcome.INTERRUPTED, AttemptOutcome.INTERRUPTED]
    assert len(claim_many(worker).jobs) == 1, "from now on each comes alone"


def test_a_worker_that_dies_gives_all_back_and_each_counts_its_loss(make_run: MakeRun, worker: Worker) -> None:
    run = advance(make_run(parallelism=3))
    claimed = claim_many(worker)
    commit(claimed, [result(0)])
    run.jobs.filter(state=JobState.RUNNING).update(lease_until=timezone.now())
    assert leases_sweep(now=timezone.now()) == 2
    assert list(run.jobs.order_by("pk").values_list("state", "num_lost")) == [("done", 0), ("queued", 1), ("queued", 1)]
    with pytest.raises(LeaseLost):
        commit(claimed, [result(1)])


def test_a_search_is_the_same_whether_jobs_come_alone_or_together(make_run: MakeRun, worker: Worker) -> None:
    alone = story(finish(make_run(parallelism=4, budget={"trials": 30}), worker))
    run = make_run(parallelism=4, budget={"trials": 30})
    sizes = set()
    for most in [3, 1, 4, 2] * 30:
        advance(run)
        if run.state != RunState.RUNNING:
            break
        claimed = claim_many(worker, most)
        sizes.add(len(claimed.jobs))
        carry_out(claimed, worker)
    assert {1, 2, 3} <= sizes
    assert story(run) == alone


@pytest.mark.parametrize("num_committed", [0, 1, 3])
def test_a_search_is_the_same_when_a_worker_dies_that_held_several(
    make_run: MakeRun, worker: Worker, num_committed: int
) -> None:
    alone = finish(make_run(parallelism=4, budget={"trials": 20}), worker)
    run = advance(make_run(parallelism=4, budget={"trials": 20}))
    claimed = claim_many(worker)
    known = Proposal.objects.filter(replica__run=alone, number__lt=num_committed).order_by("number")
    commit(claimed, [proposal.outcome() for proposal in known])
    run.jobs.filter(state=JobState.RUNNING).update(lease_until=timezone.now())
    assert leases_sweep(now=timezone.now()) == 4 - num_committed
    assert story(finish(run, worker)) == story(alone)
