"""The end of a search: the test metric of the reported architectures is measured once, then the run has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.runs.engine import specification_of
from apps.runs.models import Intervention, Job, Run, Trial
from apps.runs.services.state import run_move
from apps.runs.states import JobState, RunState
from apps.runs.wake import wake_workers
from apps.runs.work_kinds import REPORT
from nas.core.metric import Direction


def report_begin(run: Run, *, was_stopped: bool, now: datetime) -> bool:
    """Jobs for the best of the front, or the end at once when there is nothing to report. False when a person asked for a change
    that is not carried out yet: then the search is not over."""
    specification = specification_of(run)
    with transaction.atomic():
        # Who notes a change holds the run's row (`run_held`), so it is either seen here or refused there.
        if not run_move(run.pk, RunState.REPORTING, end_reason="stopped" if was_stopped else ""):
            return True
        if Intervention.objects.filter(replica__run=run, applied_in__isnull=True).exists():
            transaction.set_rollback(True)
            return False
        reported = _reported(run, specification.num_reported, specification.objectives[0].direction)
        jobs = []
        for trial in reported:
            job = Job.objects.create(run=run, replica_id=trial.replica_id, kind=REPORT, queue=specification.device)
            Trial.objects.filter(pk=trial.pk).update(report_job=job)
            jobs.append(job)
        if jobs:
            transaction.on_commit(lambda: wake_workers(specification.device, len(jobs)), robust=True)
            return True
    report_end_if_done(run_id=run.pk, now=now)
    return True


def _reported(run: Run, count: int, direction: Direction) -> Sequence[Trial]:
    """The front's trials, best first by the first objective; one per architecture; none that is reported already, and none
    of the baseline, which is only there to compare with."""
    order = "-value_0" if direction is Direction.MAXIMISE else "value_0"
    chosen: dict[int, Trial] = {}
    for trial in Trial.objects.filter(run=run, replica__is_baseline=False, on_front=True).order_by(order, "number"):
        if len(chosen) == count:
            break
        chosen.setdefault(trial.architecture_id, trial)
    return [trial for trial in chosen.values() if trial.report_result is None]


def report_end_if_done(*, run_id: int, now: datetime) -> None:
    """End a reporting run whose report jobs are all over."""
    with transaction.atomic():
        run = Run.objects.filter(pk=run_id, state=RunState.REPORTING).first()
        if run is None or Job.objects.filter(run=run, state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
            return
        if run.end_reason == "stopped":
            run_move(run_id, RunState.STOPPED, end_reason="", ended_at=now)
        else:
            run_move(run_id, RunState.COMPLETED, end_reason="", ended_at=now)
