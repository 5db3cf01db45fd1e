"""What a worker writes while a table is its own."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.request import latency_wake
from apps.runs.faults import fault_point
from apps.workers.leased import Lease, LeasedRows
from apps.workers.models import Worker
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureProgress

LATENCY_TABLES = LeasedRows(LatencyTable, name="latency", noun="measurement", wake=latency_wake, heavy=("content",))
LatencyLease = Lease[LatencyTable]


def latency_claim(*, table_id: int, worker: Worker, now: datetime) -> LatencyLease | None:
    """Give a waiting table to `worker` if it has the device, or None. At most one worker wins it."""
    device = {"queue": worker.queue, "host": worker.host, "device_name": worker.device_name or worker.device}
    return LATENCY_TABLES.claim(LatencyTable.objects.filter(pk=table_id, **device), worker=worker, now=now)


def latency_progress(*, lease: LatencyLease, progress: MeasureProgress, now: datetime) -> None:
    """Store what was measured so far. Raises LeaseLost."""
    values = {"stage": progress.stage, "done": progress.done, "total": progress.total}
    LATENCY_TABLES.write(lease, now=now, **values, **_rows(progress.table))


def latency_finish(*, lease: LatencyLease, table: EngineTable, now: datetime) -> None:
    """Raises LeaseLost."""
    fault_point("latency.measured")
    digest = content_digest(table.as_json())
    LATENCY_TABLES.end(lease, state=LatencyState.READY, now=now, digest=digest, **_rows(table))


def content_digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _rows(table: EngineTable) -> dict[str, Any]:
    return {"content": table.as_json(), "num_rows": len(table.rows)}
