"""What a replica works on that is no trial."""

from __future__ import annotations

from apps.live.events import WorkRow
from apps.runs.models import Attempt, Job, Proposal, Replica
from apps.runs.services.work_rows import work_row
from apps.runs.states import JobState
from apps.runs.work_kinds import OF_TRIALS


def work_shown(replica: Replica) -> WorkRow | None:
    """The newest work that is no trial, None where all is."""
    jobs = list(Job.objects.filter(replica=replica).exclude(kind__in=OF_TRIALS).values_list("pk", flat=True))
    if not jobs:
        return None
    proposal = Proposal.objects.filter(job__in=jobs).select_related("job").order_by("-number").first()
    if proposal is None or proposal.job is None:
        return None
    job = proposal.job
    is_running = job.state == JobState.RUNNING
    attempt = Attempt.objects.filter(job=job, fence=job.fence).select_related("worker").first() if is_running else None
    worker = attempt.worker.name if attempt is not None and attempt.worker is not None else ""
    return work_row(proposal, JobState.RUNNING if is_running else JobState.QUEUED, worker)
