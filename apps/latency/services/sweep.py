"""Tables whose worker or whose wake-up call got lost."""

from __future__ import annotations

from datetime import datetime

from apps.latency.services.work import LATENCY_TABLES


def latency_sweep(*, now: datetime) -> int:
    """Called periodically; returns how many were given back or called for again."""
    return len(LATENCY_TABLES.sweep(now=now))
