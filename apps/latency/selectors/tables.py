"""Tables of teams, without their rows."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts.access import AnyUser, visible
from apps.latency.models import LatencyState, LatencyTable
from apps.workers.models import Worker


def latency_table_list(user: AnyUser) -> QuerySet[LatencyTable]:
    """Those that `user` may see, the newest first."""
    rows = LatencyTable.objects.select_related("team", "created_by").defer("content")
    return visible(rows, user).order_by("-created_at", "-pk")


def latency_waiting(worker: Worker) -> bool:
    """Is anybody waiting for a table of this worker's device?"""
    return LatencyTable.objects.filter(
        state=LatencyState.QUEUED,
        queue=worker.queue,
        host=worker.host,
        device_name=worker.device_name or worker.device,
    ).exists()
