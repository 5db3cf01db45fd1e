"""How long a run has been at work."""

from __future__ import annotations

from datetime import datetime

from apps.runs.models import Run


def working_seconds(run: Run, now: datetime) -> float:
    """From the start to now (or its end), pauses left out."""
    if run.started_at is None:
        return 0.0
    until = run.ended_at or run.paused_at or now
    return max(0.0, (until - run.started_at).total_seconds() - run.paused_seconds)
