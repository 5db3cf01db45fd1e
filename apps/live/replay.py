"""What a viewer missed."""

from __future__ import annotations

from apps.live.events import EVENT, Frame, Stale
from apps.live.models import Event, Stream

REPLAY_LIMIT = 1000


def replay_after(*, run_id: int, since: int) -> Frame | Stale | None:
    """One frame with all that follows `since`; Stale when that is too much or `since` lies in the future; None if nothing."""
    seq = Stream.objects.filter(run_id=run_id).values_list("seq", flat=True).first() or 0
    if since == seq:
        return None
    if since > seq or seq - since > REPLAY_LIMIT:
        return Stale(seq=seq)
    rows = list(Event.objects.filter(run_id=run_id, seq__gt=since, seq__lte=seq).order_by("seq"))
    if len(rows) != seq - since:
        return Stale(seq=seq)
    return Frame(
        from_seq=since + 1,
        to_seq=seq,
        at=rows[-1].created_at.isoformat(),
        events=[EVENT.validate_python(row.body) for row in rows],
    )
