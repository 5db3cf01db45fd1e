"""Is anybody waiting for an upload to be checked?"""

from __future__ import annotations

from apps.datasets.models import BenchmarkTable, DataSet, UploadState


def uploads_waiting() -> bool:
    return (
        DataSet.objects.filter(state=UploadState.CHECKING).exists()
        or BenchmarkTable.objects.filter(state=UploadState.CHECKING).exists()
    )
