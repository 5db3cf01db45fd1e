"""A worker that is gone gives back what it held, without waiting for the lease to end."""

from __future__ import annotations

from datetime import datetime

from apps.runs.models import Attempt
from apps.runs.services.job_lost import job_lost_tried
from apps.runs.states import JobState
from apps.workers.models import Worker
from apps.workers.services.registration import dead_here, silent, worker_stopped


def dead_workers_release(*, host: str, now: datetime) -> None:
    """For workers of this machine whose process is gone. A worker calls it before it claims: what its predecessor held
    comes first again, so with one worker the order of results is that of an undisturbed run."""
    for worker in dead_here(host=host):
        _release(worker, now, f"its process {worker.pid} is gone")


def silent_workers_release(*, now: datetime) -> None:
    for worker in silent(now=now):
        _release(worker, now, "no sign of life for a long time")


def _release(worker: Worker, now: datetime, detail: str) -> None:
    held = Attempt.objects.filter(worker=worker, ended_at__isnull=True, job__state=JobState.RUNNING)
    for attempt in held.select_related("job__run", "job__replica"):
        if attempt.job.fence == attempt.fence:
            job_lost_tried(job=attempt.job, now=now, detail=detail)
    worker_stopped(worker=worker, now=now)
