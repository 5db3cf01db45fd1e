"""What a worker writes while an export is its own."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.artifacts.services import artifact_store
from apps.exports.models import ArchitectureExport, ExportFile, ExportStage, ExportState
from apps.exports.services.request import export_wake
from apps.runs.faults import fault_point
from apps.workers.leased import Lease, LeasedRows
from apps.workers.models import Worker
from nas.export.request import Exported

EXPORTS = LeasedRows(
    ArchitectureExport,
    name="export",
    noun="export",
    wake=export_wake,
    asked="used_at",
    related=("architecture", "checkpoint", "trial__run"),
    unworked={"stage": ""},
)
ExportLease = Lease[ArchitectureExport]


def export_claim(*, export_id: int, worker: Worker, now: datetime) -> ExportLease | None:
    """Give a waiting export to `worker`, or None. At most one worker wins it."""
    return EXPORTS.claim(ArchitectureExport.objects.filter(pk=export_id), worker=worker, now=now)


def export_stage(*, lease: ExportLease, stage: str, now: datetime) -> None:
    """Raises LeaseLost."""
    EXPORTS.write(lease, now=now, stage=ExportStage(stage))


def export_finish(*, lease: ExportLease, exported: Exported, now: datetime) -> None:
    """Store all files, or nothing and raise LeaseLost."""
    artifacts = [(file, artifact_store(content=file.content, kind="export")) for file in exported.files]
    fault_point("export.stored")
    with transaction.atomic():
        checks = {name: dict(found) for name, found in exported.checks.items()}
        EXPORTS.end(lease, state=ExportState.READY, now=now, checks=checks)
        ExportFile.objects.bulk_create(
            ExportFile(export=lease.row, kind=file.kind, name=file.name, artifact=artifact)
            for file, artifact in artifacts
        )
