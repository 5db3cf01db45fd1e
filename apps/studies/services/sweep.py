"""Studies whose worker or whose wake-up call got lost."""

from __future__ import annotations

from datetime import datetime

from apps.studies.services.work import STUDIES


def studies_sweep(*, now: datetime) -> int:
    """Called periodically; returns how many were given back or called for again."""
    return len(STUDIES.sweep(now=now))
