"""Giving a job to a worker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from apps.live.events import TrialStarted
from apps.live.outbox import emit
from apps.runs.durability import need_not_be_durable
from apps.runs.faults import fault_point
from apps.runs.models import Attempt, Job, Trial
from apps.runs.states import RUN_WORKING, JobState, TrialState
from apps.workers.models import Worker

CLAIM_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is this worker's until the lease ends; every write carries the fence."""

    job: Job
    attempt: Attempt
    fence: int


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.NASWEB_LEASE_SECONDS)


def job_claim(*, worker: Worker, now: datetime, warm_runs: frozenset[int] = frozenset()) -> Claim | None:
    """Give one queued job to `worker`, or None. At most one worker wins a job, whatever crashes or repeats.

    Runs take turns: the one with the fewest jobs under way is served first, at equal numbers one that the worker holds
    warm, then the oldest. Inside a run jobs are claimed in their order.
    """
    for run_id in _runs_in_turn(worker, warm_runs):
        queued = Job.objects.filter(run_id=run_id, state=JobState.QUEUED, queue__in=_queues(worker))
        for pk, fence in queued.order_by("priority", "id").values_list("pk", "fence")[:CLAIM_WINDOW]:
            claim = _try(pk, fence + 1, worker, now)
            if claim is not None:
                fault_point("job.claimed")
                return claim
    return None


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


def _try(pk: int, fence: int, worker: Worker, now: datetime) -> Claim | None:
    """`fence`: the job's next one; nobody else may have taken the job since its present one was read."""
    with transaction.atomic():
        need_not_be_durable()
        won = Job.objects.filter(pk=pk, state=JobState.QUEUED, fence=fence - 1, run__state__in=RUN_WORKING).update(
            state=JobState.RUNNING, fence=fence, lease_until=lease_end(now)
        )
        if not won:
            return None
        job = Job.objects.select_related("replica").get(pk=pk)
        attempt = Attempt.objects.create(job=job, worker=worker, fence=fence, started_at=now)
        trials = Trial.objects.filter(proposal__job=job, state=TrialState.QUEUED)
        numbers = dict(trials.order_by("number").values_list("pk", "number"))
        if numbers:
            Trial.objects.filter(pk__in=numbers).update(state=TrialState.RUNNING, worker=worker, started_at=now)
            events = [TrialStarted(replica=job.replica.number, number=n, worker=worker.name) for n in numbers.values()]
            emit(job.run_id, events)
    return Claim(job, attempt, fence)


def lease_renew(*, claim: Claim, now: datetime) -> bool:
    """False when the job is no longer this worker's."""
    return bool(
        Job.objects.filter(pk=claim.job.pk, fence=claim.fence, state=JobState.RUNNING).update(
            lease_until=lease_end(now)
        )
    )


def run_wants_job(claim: Claim) -> bool:
    """Whether the run still wants the job carried on: False on pause, cancel, lost lease."""
    return Job.objects.filter(
        pk=claim.job.pk, fence=claim.fence, state=JobState.RUNNING, run__state__in=RUN_WORKING
    ).exists()
