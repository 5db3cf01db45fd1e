"""Giving a job to a worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from django.db import connection, transaction
from django.db.models import Count, QuerySet

from apps.live.events import TrialStarted
from apps.live.outbox import emit
from apps.runs.durability import need_not_be_durable
from apps.runs.faults import fault_point
from apps.runs.models import Attempt, Job, Trial
from apps.runs.services.work_rows import work_moved
from apps.runs.states import RUN_WORKING, JobState, TrialState
from apps.workers.leased import lease_end
from apps.workers.models import Worker
from nas.core.proposal import EVALUATE

CLAIM_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """What is this worker's until the lease ends: a job, or several small ones of one replica and kind that nobody held
    before. Every write carries the fence, which is the same for all of them."""

    jobs: tuple[Job, ...]
    worker: Worker
    fence: int

    @property
    def job(self) -> Job:
        """The first; in all that concerns run, replica and kind it stands for the others."""
        return self.jobs[0]


def job_claim(
    *,
    worker: Worker,
    now: datetime,
    warm_runs: frozenset[int] = frozenset(),
    at_once: Callable[[int], int] = lambda run_id: 1,
) -> Claim | None:
    """Give one queued job to `worker`, or some that are small, or None. At most one worker wins a job, whatever crashes
    or repeats.

    Runs take turns: the one with the fewest jobs under way is served first, at equal numbers one that the worker holds
    warm, then the oldest. Inside a run jobs are claimed in their order.

    Args:
      at_once: run → how many of its jobs the worker would carry out in one go. It gets no more than its share of those
        that wait, and a job that was ever held before comes alone, so that one that kills takes no other with it.
    """
    for run_id in _runs_in_turn(worker, warm_runs):
        queued = Job.objects.filter(run_id=run_id, state=JobState.QUEUED, queue__in=_queues(worker))
        columns = queued.order_by("priority", "id").values_list("pk", "fence", "num_lost", "replica_id", "kind")
        waiting = list(columns[:CLAIM_WINDOW])
        together = _together(waiting, at_once(run_id), worker)
        for pks, fence in [*together, *(([pk], fence) for pk, fence, *_ in waiting)]:
            claim = _try(pks, fence + 1, worker, now)
            if claim is not None:
                fault_point("job.claimed")
                return claim
    return None


def _together(
    waiting: Sequence[tuple[int, int, int, int, str]], most: int, worker: Worker
) -> list[tuple[list[int], int]]:
    """The first of `waiting` (pk, fence, times lost, replica, kind) as one claim, or nothing when that would be a single job."""
    if most <= 1 or len(waiting) <= 1:
        return []
    *_, replica_id, _ = waiting[0]
    alike = list(takewhile(lambda job: job[1:] == (0, 0, replica_id, EVALUATE), waiting))
    others = Worker.objects.filter(queue=worker.queue, stopped_at__isnull=True, is_draining=False).exclude(pk=worker.pk)
    share = -(-len(waiting) // (1 + others.count()))
    pks = [pk for pk, *_ in alike[: min(most, share)]]
    return [(pks, 0)] if len(pks) > 1 else []


def _queues(worker: Worker) -> list[str]:
    return ["any", worker.queue]


def _runs_in_turn(worker: Worker, warm_runs: frozenset[int]) -> list[int]:
    queued = (
        Job.objects.filter(state=JobState.QUEUED, queue__in=_queues(worker), run__state__in=RUN_WORKING)
        .order_by()
        .values_list("run_id")
        .distinct()
    )
    waiting = [run_id for (run_id,) in queued]
    if len(waiting) <= 1:
        return waiting
    running = Job.objects.filter(state=JobState.RUNNING, run_id__in=waiting).order_by().values_list("run_id")
    under_way = Counter(dict(running.annotate(count=Count("pk"))))
    return sorted(waiting, key=lambda run_id: (under_way[run_id], run_id not in warm_runs, run_id))


def _try(pks: Sequence[int], fence: int, worker: Worker, now: datetime) -> Claim | None:
    """All of these jobs or none. `fence`: their next one; nobody else may have taken one since its present one was read."""
    with transaction.atomic():
        need_not_be_durable()
        lock_in_order(pks)
        won = Job.objects.filter(pk__in=pks, state=JobState.QUEUED, fence=fence - 1, run__state__in=RUN_WORKING).update(
            state=JobState.RUNNING, fence=fence, lease_until=lease_end(now)
        )
        if won < len(pks):
            transaction.set_rollback(True)
            return None
        jobs = tuple(Job.objects.select_related("replica").filter(pk__in=pks).order_by("priority", "id"))
        Attempt.objects.bulk_create(Attempt(job=job, worker=worker, fence=fence, started_at=now) for job in jobs)
        trials = Trial.objects.filter(proposal__job__in=pks, state=TrialState.QUEUED)
        numbers = dict(trials.order_by("number").values_list("pk", "number"))
        events = work_moved(jobs, JobState.RUNNING, worker.name)
        if numbers:
            Trial.objects.filter(pk__in=numbers).update(state=TrialState.RUNNING, worker=worker, started_at=now)
            replica = jobs[0].replica.number
            events += [TrialStarted(replica=replica, number=n, worker=worker.name) for n in numbers.values()]
        if events:
            emit(jobs[0].run_id, events)
    return Claim(jobs, worker, fence)


def lease_renew(*, claim: Claim, now: datetime) -> int:
    """How many of the jobs are under way and still this worker's."""
    with transaction.atomic(savepoint=False):
        lock_in_order([job.pk for job in claim.jobs])
        return held(claim).update(lease_until=lease_end(now))


def run_wants_job(claim: Claim) -> bool:
    """Whether the run still wants the work carried on: False on pause, cancel, lost lease."""
    return held(claim).filter(run__state__in=RUN_WORKING).exists()


def held(claim: Claim) -> QuerySet[Job]:
    """The jobs of the claim that are under way and still this worker's."""
    return Job.objects.filter(pk__in=[job.pk for job in claim.jobs], fence=claim.fence, state=JobState.RUNNING)


def lock_in_order(pks: Sequence[int]) -> None:
    """Before several jobs are changed in one statement: hold their rows, for everybody in the same order. Two transactions
    that held some each and waited for the rest would never end. SQLite lets only one write at a time."""
    if len(pks) > 1 and connection.features.has_select_for_update:
        list(Job.objects.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk", flat=True))
