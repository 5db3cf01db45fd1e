"""What a worker writes while an export is its own: claimed by a fence, kept by a lease, as jobs of runs are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from apps.artifacts.services import artifact_store
from apps.exports.models import ArchitectureExport, ExportFile, ExportStage, ExportState
from apps.exports.services.request import export_wake
from apps.runs.faults import fault_point
from apps.runs.services.job_claim import lease_end
from apps.workers.models import Worker
from nas.core.errors import LeaseLost
from nas.export.request import Exported

GIVE_UP_AFTER = 4
"""Workers lost over one export."""


@dataclass(frozen=True, slots=True)
class ExportClaim:
    """An export that is this worker's until the lease ends."""

    export: ArchitectureExport
    fence: int


def export_claim(*, export_id: int, worker: Worker, now: datetime) -> ExportClaim | None:
    """Give a waiting export to `worker`, or None. At most one worker wins it."""
    export = ArchitectureExport.objects.filter(pk=export_id, state=ExportState.QUEUED).first()
    if export is None:
        return None
    won = ArchitectureExport.objects.filter(pk=export_id, state=ExportState.QUEUED, fence=export.fence).update(
        state=ExportState.WORKING, fence=export.fence + 1, lease_until=lease_end(now), worker=worker, stage=""
    )
    if not won:
        return None
    fault_point("export.claimed")
    related = ("architecture", "checkpoint", "trial__run")
    return ExportClaim(ArchitectureExport.objects.select_related(*related).get(pk=export_id), export.fence + 1)


def export_renew(*, claim: ExportClaim, now: datetime) -> bool:
    """False when the export is no longer this worker's."""
    return bool(_held(claim).update(lease_until=lease_end(now)))


def export_stage(*, claim: ExportClaim, stage: str, now: datetime) -> None:
    """Raises LeaseLost."""
    if not _held(claim).update(stage=ExportStage(stage), lease_until=lease_end(now)):
        raise LeaseLost("the export was given to another worker")


def export_finish(*, claim: ExportClaim, exported: Exported, now: datetime) -> None:
    """Store all files, or nothing and raise LeaseLost."""
    artifacts = [(file, artifact_store(content=file.content, kind="export")) for file in exported.files]
    fault_point("export.stored")
    with transaction.atomic():
        _end(
            claim,
            state=ExportState.READY,
            checks={name: dict(found) for name, found in exported.checks.items()},
            finished_at=now,
        )
        ExportFile.objects.bulk_create(
            ExportFile(export=claim.export, kind=file.kind, name=file.name, artifact=artifact)
            for file, artifact in artifacts
        )


def export_fail(*, claim: ExportClaim, reason: str, detail: str, now: datetime) -> None:
    """Raises LeaseLost."""
    _end(claim, state=ExportState.FAILED, reason=reason, detail=detail, finished_at=now)


def export_release(*, claim: ExportClaim) -> None:
    """Put an interrupted export back in the queue. A lost lease is no error."""
    with transaction.atomic():
        if _held(claim).update(state=ExportState.QUEUED, lease_until=None, stage=""):
            export_wake(claim.export.pk)


def export_lost(*, export: ArchitectureExport, now: datetime) -> bool:
    """Take an export back from a worker that is gone; True when this call did it. After four losses it ends as failed."""
    held = ArchitectureExport.objects.filter(pk=export.pk, state=ExportState.WORKING, fence=export.fence)
    num_lost = export.num_lost + 1
    values = {"fence": F("fence") + 1, "lease_until": None, "stage": "", "num_lost": num_lost}
    if num_lost >= GIVE_UP_AFTER:
        reason = f"The worker died {num_lost} times while it worked on this."
        return bool(held.update(**values, state=ExportState.FAILED, reason=reason, finished_at=now))
    with transaction.atomic():
        if not held.update(**values, state=ExportState.QUEUED):
            return False
        export_wake(export.pk)
    return True


def _held(claim: ExportClaim) -> QuerySet[ArchitectureExport]:
    return ArchitectureExport.objects.filter(pk=claim.export.pk, state=ExportState.WORKING, fence=claim.fence)


def _end(claim: ExportClaim, **values: object) -> None:
    if not _held(claim).update(lease_until=None, stage="", **values):
        raise LeaseLost("the export was given to another worker, or deleted")
