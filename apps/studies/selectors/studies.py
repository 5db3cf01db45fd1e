"""Studies of a run or of a trial, without what they found."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.runs.models import Run, Trial
from apps.studies.models import Study, StudyState
from apps.workers.models import Worker

RELATED = ("run", "trial__replica", "requested_by", "worker")


def study_list(*, run: Run, trial: Trial | None = None) -> QuerySet[Study]:
    """The newest first. Whether its reader may see the run is asked before."""
    found = Study.objects.filter(run=run) if trial is None else Study.objects.filter(run=run, trial=trial)
    return found.select_related(*RELATED).defer("known", "detail", "run__record").order_by("-pk")


def studies_for(worker: Worker) -> QuerySet[Study]:
    """Those that a worker's device is right for."""
    return Study.objects.filter(run__device__in=("any", worker.queue))


def studies_waiting(worker: Worker) -> bool:
    """Is anybody waiting for a study that this worker could begin?"""
    return studies_for(worker).filter(state=StudyState.QUEUED).exists()
