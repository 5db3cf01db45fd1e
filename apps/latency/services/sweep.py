"""Tables whose worker or whose wake-up call got lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.request import latency_wake
from apps.latency.services.work import latency_lost

PATIENCE = timedelta(seconds=30)
"""A table that waits so long had its call lost, or its device is busy; a second call does no harm."""


def latency_sweep(*, now: datetime) -> int:
    """Called periodically; returns how many were given back or called for again."""
    is_lost = Q(lease_until__lt=now) | Q(worker__stopped_at__isnull=False)
    rows = LatencyTable.objects.defer("content")
    lost = rows.filter(is_lost, state=LatencyState.WORKING)[:100]
    given_back = {table.pk for table in lost if latency_lost(table=table, now=now)}
    waiting = rows.filter(state=LatencyState.QUEUED, asked_at__lt=now - PATIENCE).exclude(pk__in=given_back)
    for table in waiting.order_by("pk")[:100]:
        latency_wake(table)
        given_back.add(table.pk)
    return len(given_back)
