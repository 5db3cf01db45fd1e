"""A run that has ended goes on, because a person asked for more of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from apps.accounts.models import User
from apps.runs.models import Run
from apps.runs.services.state import run_move
from apps.runs.states import RunState


def run_reopen(*, run: Run, by: User, now: datetime) -> None:
    """Running again, if it was completed or stopped. Call inside a transaction, after what there is to do was noted."""
    state, ended_at = Run.objects.values_list("state", "ended_at").get(pk=run.pk)
    if state not in (RunState.COMPLETED, RunState.STOPPED):
        return
    # The time since the end does not count as work.
    idle = (now - ended_at).total_seconds() if ended_at else 0.0
    run_move(
        run.pk,
        RunState.RUNNING,
        by=by.get_username(),
        ended_at=None,
        paused_seconds=F("paused_seconds") + max(0.0, idle),
    )
