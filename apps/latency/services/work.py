"""What a worker writes while a table is its own: claimed by a fence, kept by a lease, as exports are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.request import latency_wake
from apps.runs.faults import fault_point
from apps.runs.services.job_claim import lease_end
from apps.workers.models import Worker
from nas.core.errors import LeaseLost
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureProgress

GIVE_UP_AFTER = 4
"""Workers lost over one table."""


@dataclass(frozen=True, slots=True)
class LatencyClaim:
    """A table that is this worker's until the lease ends."""

    table: LatencyTable
    fence: int


def latency_claim(*, table_id: int, worker: Worker, now: datetime) -> LatencyClaim | None:
    """Give a waiting table to `worker` if it has the device, or None. At most one worker wins it."""
    table = LatencyTable.objects.filter(
        pk=table_id,
        state=LatencyState.QUEUED,
        queue=worker.queue,
        host=worker.host,
        device_name=worker.device_name or worker.device,
    ).first()
    if table is None:
        return None
    won = LatencyTable.objects.filter(pk=table_id, state=LatencyState.QUEUED, fence=table.fence).update(
        state=LatencyState.WORKING, fence=table.fence + 1, lease_until=lease_end(now), worker=worker
    )
    if not won:
        return None
    fault_point("latency.claimed")
    return LatencyClaim(LatencyTable.objects.get(pk=table_id), table.fence + 1)


def latency_renew(*, claim: LatencyClaim, now: datetime) -> bool:
    """False when the table is no longer this worker's."""
    return bool(_held(claim).update(lease_until=lease_end(now)))


def latency_progress(*, claim: LatencyClaim, progress: MeasureProgress, now: datetime) -> None:
    """Store what was measured so far. Raises LeaseLost."""
    values = _rows(progress.table) | {"stage": progress.stage, "done": progress.done, "total": progress.total}
    if not _held(claim).update(lease_until=lease_end(now), **values):
        raise LeaseLost("the table was given to another worker, or measuring was cancelled")


def latency_finish(*, claim: LatencyClaim, table: EngineTable, now: datetime) -> None:
    """Raises LeaseLost."""
    fault_point("latency.measured")
    _end(claim, state=LatencyState.READY, digest=content_digest(table.as_json()), finished_at=now, **_rows(table))


def latency_fail(*, claim: LatencyClaim, reason: str, detail: str, now: datetime) -> None:
    """What was measured is kept, to go on from. Raises LeaseLost."""
    _end(claim, state=LatencyState.FAILED, reason=reason, detail=detail, finished_at=now)


def latency_release(*, claim: LatencyClaim) -> None:
    """Put an interrupted table back in the queue. A lost lease is no error."""
    with transaction.atomic():
        if _held(claim).update(state=LatencyState.QUEUED, lease_until=None):
            latency_wake(claim.table)


def latency_lost(*, table: LatencyTable, now: datetime) -> bool:
    """Take a table back from a worker that is gone; True when this call did it. After four losses it ends as failed."""
    held = LatencyTable.objects.filter(pk=table.pk, state=LatencyState.WORKING, fence=table.fence)
    num_lost = table.num_lost + 1
    values: dict[str, Any] = {"fence": F("fence") + 1, "lease_until": None, "num_lost": num_lost}
    if num_lost >= GIVE_UP_AFTER:
        reason = f"The worker died {num_lost} times while it measured this."
        return bool(held.update(**values, state=LatencyState.FAILED, reason=reason, finished_at=now))
    with transaction.atomic():
        if not held.update(**values, state=LatencyState.QUEUED):
            return False
        latency_wake(table)
    return True


def content_digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _rows(table: EngineTable) -> dict[str, Any]:
    return {"content": table.as_json(), "num_rows": len(table.rows)}


def _held(claim: LatencyClaim) -> QuerySet[LatencyTable]:
    return LatencyTable.objects.filter(pk=claim.table.pk, state=LatencyState.WORKING, fence=claim.fence)


def _end(claim: LatencyClaim, **values: object) -> None:
    if not _held(claim).update(lease_until=None, **values):
        raise LeaseLost("the table was given to another worker, cancelled, or deleted")
