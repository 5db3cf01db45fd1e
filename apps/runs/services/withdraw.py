"""Taking work back: what waits is withdrawn when a run stops; what runs, too, when it is cancelled or fails."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from apps.live.events import TrialsFinished
from apps.live.outbox import emit
from apps.runs.models import Attempt, Job, Proposal, Run, Trial
from apps.runs.services.rows import rows_update
from apps.runs.services.trials import CANCEL_COLUMNS, trial_cancel, trial_row
from apps.runs.services.work_rows import work_changed
from apps.runs.states import TRIAL_OPEN, AttemptOutcome, JobState
from apps.runs.work_kinds import is_work
from nas.core.result import Result, ResultStatus

STOPPED_REASON = "the run was stopped before this began"


def jobs_withdraw(run: Run, *, reason: str, now: datetime, also_running: bool) -> int:
    """Cancel the run's jobs; open proposals end as cancelled. The fence moves on, so a worker's late commit is refused.

    Call inside a transaction. Returns how many proposals ended this way.
    """
    states = [JobState.QUEUED, JobState.RUNNING] if also_running else [JobState.QUEUED]
    # In the order in which `lock_in_order` holds them.
    jobs = list(Job.objects.filter(run=run, state__in=states).order_by("pk").values_list("pk", flat=True))
    cancelled = [
        pk
        for pk in jobs
        if Job.objects.filter(pk=pk, state__in=states).update(
            state=JobState.CANCELLED, fence=F("fence") + 1, lease_until=None
        )
    ]
    Attempt.objects.filter(job__in=cancelled, ended_at__isnull=True).update(
        ended_at=now, outcome=AttemptOutcome.INTERRUPTED, detail=reason
    )
    proposals = list(Proposal.objects.filter(job__in=cancelled, result__isnull=True).select_related("replica"))
    for proposal in proposals:
        result = Result(proposal_id=proposal.number, status=ResultStatus.CANCELLED, reason=reason)
        proposal.result, proposal.finished_at = result.as_json(), now
    rows_update(proposals, ["result", "finished_at"])
    trials = list(
        Trial.objects.filter(proposal__in=proposals, state__in=TRIAL_OPEN).select_related("replica").order_by("number")
    )
    by_replica: dict[int, list[Trial]] = {}
    for trial in trials:
        trial_cancel(trial, reason=reason, now=now)
        by_replica.setdefault(trial.replica.number, []).append(trial)
    rows_update(trials, CANCEL_COLUMNS)
    num_objectives = len(run.reference_point)
    works = sorted((p for p in proposals if is_work(p.body["kind"])), key=lambda p: p.number)
    emit(
        run.pk,
        [event for work in works for event in work_changed(work.replica.number, [work])]
        + [
            TrialsFinished(replica=number, trials=[trial_row(trial, num_objectives) for trial in of])
            for number, of in by_replica.items()
        ],
    )
    return len(proposals)
