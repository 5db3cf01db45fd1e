"""Uploads whose check got lost are sent to a worker again."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.datasets.models import BenchmarkTable, DataSet, UploadState
from apps.datasets.services import dataset, table
from apps.datasets.services.enqueue import enqueue_check

PATIENCE = timedelta(minutes=3)
"""Longer than the longest check (two minutes), so that a slow one is not begun twice."""


def uploads_recheck(*, now: datetime) -> int:
    """Called by the periodic sweep; returns how many were sent. Checking twice is harmless."""
    waiting = {"state": UploadState.CHECKING, "created_at__lt": now - PATIENCE}
    datasets = list(DataSet.objects.filter(**waiting).values_list("pk", flat=True)[:100])
    tables = list(BenchmarkTable.objects.filter(**waiting).values_list("pk", flat=True)[:100])
    for pk in datasets:
        enqueue_check(dataset.CHECK_TASK, dataset_id=pk)
    for pk in tables:
        enqueue_check(table.CHECK_TASK, table_id=pk)
    return len(datasets) + len(tables)
