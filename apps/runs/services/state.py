"""Moving a run from state to state: one conditional UPDATE, one event. Nothing else writes `Run.state`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.live.events import RunChanged
from apps.live.outbox import emit
from apps.runs.models import Run
from apps.runs.states import RUN_TRANSITIONS, RunState


def run_move(
    run_id: int, to: RunState, *, only_from: Iterable[RunState] | None = None, by: str = "", **columns: Any
) -> bool:
    """True when this call moved the run; False when it was not in a state that leads there. Call inside a transaction."""
    sources = {state for state, targets in RUN_TRANSITIONS.items() if to in targets}
    if only_from is not None:
        sources &= set(only_from)
    moved = Run.objects.filter(pk=run_id, state__in=sources).update(state=to, **columns)
    if moved:
        emit(run_id, [RunChanged(state=to, end_reason=columns.get("end_reason", ""), by=by)])
    return bool(moved)
