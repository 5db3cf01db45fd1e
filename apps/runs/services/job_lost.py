"""Jobs whose worker is gone."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F

from apps.live.events import AnyEvent
from apps.live.outbox import emit
from apps.runs.engine import specification_now
from apps.runs.models import Attempt, Job, Proposal
from apps.runs.services.job_commit import trials_requeue
from apps.runs.services.work import work_of
from apps.runs.services.work_rows import work_moved
from apps.runs.states import AttemptOutcome, JobState
from apps.runs.wake import wake_control, wake_workers
from nas.core.errors import NasError
from nas.core.result import Result, ResultStatus

logger = logging.getLogger(__name__)

SPLIT_AFTER = 2
GIVE_UP_AFTER = 4
AHEAD = -1
"""Priority of the parts of a split job: they were asked for before everything else that waits in the run."""


def job_lost(*, job: Job, now: datetime, detail: str) -> bool:
    """Take a job back from a worker that is gone; True when this call did it.

    After two lost attempts a batch is split, so that one architecture that kills its worker cannot take others with it;
    after four, a proposal that stands alone ends as "lost worker". Losses are counted since the job last got on.
    """
    specification = specification_now(job.run, job.replica)
    with transaction.atomic():
        taken = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, fence=job.fence).update(
            state=JobState.QUEUED, fence=F("fence") + 1, lease_until=None, num_lost=F("num_lost") + 1
        )
        if not taken:
            return False
        attempt = Attempt.objects.filter(job=job, fence=job.fence).select_related("worker").first()
        if attempt is not None:
            Attempt.objects.filter(pk=attempt.pk).update(ended_at=now, outcome=AttemptOutcome.LOST, detail=detail)
        events: list[AnyEvent] = trials_requeue([job], attempt.worker if attempt else None, reason="lost")
        events += work_moved([job], JobState.QUEUED)
        num_lost = job.num_lost + 1
        work = work_of([job], specification)
        waiting = work.open()
        if not waiting:
            # It died after its last commit, before the job was closed: nothing is left to do.
            Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
        elif num_lost >= GIVE_UP_AFTER and len(waiting) == 1:
            reason = f"the worker died {num_lost} times while it worked on this; the last time: {detail}"
            result = Result(proposal_id=waiting[0].id, status=ResultStatus.LOST_WORKER, reason=reason)
            events += work.store_results([result], now=now)
            Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
        elif num_lost >= SPLIT_AFTER and len(waiting) > 1:
            _split(job, num_lost)
        emit(job.run_id, events)
    logger.warning("job %s of run %s lost its worker (%s)", job.pk, job.run_id, detail)
    wake_workers(job.queue, 1)
    wake_control(job.run_id)
    return True


def _split(job: Job, num_lost: int) -> None:
    """One job for each proposal that has no result yet; the first stays in the old job."""
    for proposal in Proposal.objects.filter(job=job, result__isnull=True).order_by("number")[1:]:
        part = Job.objects.create(
            run=job.run, replica=job.replica, kind=job.kind, queue=job.queue, priority=AHEAD, num_lost=num_lost
        )
        Proposal.objects.filter(pk=proposal.pk).update(job=part)
    Job.objects.filter(pk=job.pk).update(priority=AHEAD)


def leases_sweep(*, now: datetime) -> int:
    """Take back every job whose lease has ended; returns how many."""
    expired = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now).select_related("run", "replica")
    return sum(
        job_lost_tried(job=job, now=now, detail="no sign of life before its lease ended") for job in expired[:200]
    )


def job_lost_tried(*, job: Job, now: datetime, detail: str) -> bool:
    """`job_lost` for many jobs in a row: one of a run that can no longer be read must not keep the others from theirs."""
    try:
        return job_lost(job=job, now=now, detail=detail)
    except NasError:
        logger.exception("job %s of run %s could not be taken back", job.pk, job.run_id)
        return False
