"""What a worker writes while it holds a job: one fenced transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.artifacts.services import artifact_store
from apps.live.events import AnyEvent, CurveGrew, TrialsRequeued, ViewsChanged
from apps.live.outbox import emit
from apps.runs.faults import fault_point
from apps.runs.models import Attempt, CurvePoint, Job, Proposal, Replica, ReplicaView, Run, Trial
from apps.runs.services.job_claim import Claim, held, lease_renew, lock_in_order
from apps.runs.services.report import report_end_if_done
from apps.runs.services.rows import rows_update
from apps.runs.services.work import Work
from apps.runs.services.work_rows import work_changed, work_moved
from apps.runs.states import RUN_WORKING, AttemptOutcome, JobState, TrialState
from apps.runs.wake import wake_control, wake_workers
from apps.runs.work_kinds import REPORT, is_work
from apps.workers.models import Worker
from nas.core.errors import LeaseLost
from nas.core.job import Reported
from nas.core.result import Result
from nas.core.space import Space
from nas.core.view import View


@dataclass(frozen=True, slots=True)
class CurveUpdate:
    """A point of a learning curve; a value that is None was NaN or infinite."""

    proposal_id: int
    step: int
    metrics: Mapping[str, float | None]


def job_commit(
    *,
    claim: Claim,
    work: Work,
    space: Space,
    now: datetime,
    results: Sequence[Result] = (),
    reported: Sequence[Reported] = (),
    checkpoint: tuple[int, bytes] | None = None,
    views: Sequence[View] = (),
    curve: Sequence[CurveUpdate] = (),
) -> None:
    """Store all of it, or nothing and raise LeaseLost. A job is over when its last proposal has a result.

    Of several jobs that are held together each has its own fence: what belongs to one that was taken away is left out.
    """
    artifact = artifact_store(content=checkpoint[1], kind="checkpoint") if checkpoint else None
    job = claim.job
    fault_point("commit.before")
    with transaction.atomic():
        # Renews the lease, and on PostgreSQL holds the row: nobody can take the job away before this commits.
        num_held = lease_renew(claim=claim, now=now)
        if not num_held:
            raise LeaseLost("the job was given to another worker, or cancelled")
        if num_held < len(work.jobs):
            still_held = set(held(claim).values_list("pk", flat=True))
            work.jobs = tuple(one for one in work.jobs if one.pk in still_held)
        events: list[AnyEvent] = _curve_store(work.jobs, curve, claim.worker)
        if checkpoint and artifact:
            work.store_checkpoint(checkpoint[0], artifact)
        events += work.store_reported(reported, space, now=now) if reported else []
        events += work.store_results(results, now=now) if results else []
        events += _views_store(job, views)
        over = work.jobs_over() if results else []
        if job.num_lost and (results or reported or checkpoint):
            # It got on: workers that died before this are no sign of work that kills.
            Job.objects.filter(pk=job.pk).update(num_lost=0)
        if over:
            Job.objects.filter(pk__in=over).update(state=JobState.DONE, lease_until=None)
            Attempt.objects.filter(job__in=over, fence=claim.fence).update(ended_at=now, outcome=AttemptOutcome.DONE)
        emit(job.run_id, events)
        fault_point("commit.before_commit")
    fault_point("commit.after")
    if job.kind == REPORT:
        if over:
            report_end_if_done(run_id=job.run_id, now=now)
    elif results or reported:
        wake_control(job.run_id)


def _curve_store(jobs: Sequence[Job], curve: Sequence[CurveUpdate], worker: Worker) -> list[AnyEvent]:
    """Points of trials lengthen their curves; of work that is no trial the last point is kept."""
    if not curve:
        return []
    events: list[AnyEvent] = []
    if is_work(jobs[0].kind):
        last_points = {point.proposal_id: dict(point.metrics) for point in curve}
        got_on = list(
            Proposal.objects.filter(job__in=jobs, number__in=last_points, result__isnull=True).order_by("number")
        )
        for proposal in got_on:
            proposal.progress = last_points[proposal.number]
        rows_update(got_on, ["progress"])
        events = work_changed(jobs[0].replica.number, got_on, JobState.RUNNING, worker.name)
    trials = {
        number: (pk, trial)
        for number, pk, trial in Trial.objects.filter(
            proposal__job__in=jobs, proposal__number__in={c.proposal_id for c in curve}, serial=0
        ).values_list("proposal__number", "pk", "number")
    }
    known = [c for c in curve if c.proposal_id in trials]
    # An attempt that resumes reports again what the lost one had reported.
    CurvePoint.objects.bulk_create(
        (CurvePoint(trial_id=trials[c.proposal_id][0], step=c.step, metrics=dict(c.metrics)) for c in known),
        ignore_conflicts=True,
    )
    last: dict[int, int] = {}
    for point in known:
        last[trials[point.proposal_id][1]] = point.step
    events += [CurveGrew(replica=jobs[0].replica.number, number=number, step=step) for number, step in last.items()]
    return events


def _views_store(job: Job, views: Sequence[View]) -> list[AnyEvent]:
    if not views:
        return []
    version = Replica.objects.values_list("version", flat=True).get(pk=job.replica_id)
    for view in views:
        ReplicaView.objects.update_or_create(
            replica_id=job.replica_id,
            name=view.name,
            defaults={"title": view.title, "kind": view.kind, "data": dict(view.data), "advance_number": version},
        )
    return [ViewsChanged(replica=job.replica.number, names=[view.name for view in views])]


def job_release(*, claim: Claim, work: Work, now: datetime, curve: Sequence[CurveUpdate] = ()) -> None:
    """Put interrupted jobs back in the queue; their checkpoints and committed results stay. A lost lease is no error."""
    job = claim.job
    with transaction.atomic():
        lock_in_order([one.pk for one in claim.jobs])
        taken = list(held(claim).select_related("replica"))
        if not held(claim).update(state=JobState.QUEUED, lease_until=None):
            return
        attempts = Attempt.objects.filter(job__in=taken, fence=claim.fence)
        attempts.update(ended_at=now, outcome=AttemptOutcome.INTERRUPTED)
        events = _curve_store(taken, curve, claim.worker)
        events += work_moved(taken, JobState.QUEUED)
        emit(job.run_id, [*events, *trials_requeue(taken, claim.worker, reason="interrupted")])
        # A pause may have ended while the job was on its way back: then somebody should take it at once.
        if Run.objects.filter(pk=job.run_id, state__in=RUN_WORKING).exists():
            transaction.on_commit(lambda: wake_workers(job.queue, len(taken)), robust=True)


def trials_requeue(jobs: Sequence[Job], worker: Worker | None, *, reason: str) -> list[AnyEvent]:
    """The running trials of these jobs of one replica wait again. Call inside the transaction that puts the jobs back."""
    trials = Trial.objects.filter(proposal__job__in=jobs, state=TrialState.RUNNING)
    numbers = list(trials.order_by("number").values_list("number", flat=True))
    if not numbers:
        return []
    trials.update(state=TrialState.QUEUED, worker=None, started_at=None)
    name = worker.name if worker else ""
    return [
        TrialsRequeued.model_validate(
            {"replica": jobs[0].replica.number, "numbers": numbers, "worker": name, "reason": reason}
        )
    ]
