"""Giving the events of the outbox their place in the run's log."""

from __future__ import annotations

from django.db import transaction

from apps.live.events import EVENT, Frame
from apps.live.models import Event, Outbox, Stream
from apps.runs.durability import need_not_be_durable

BATCH = 500


def number_events(*, run_id: int) -> Frame | None:
    """Move up to BATCH events of one run from the outbox to the log, and return them as a frame.

    Two publishers may call this at once: the conditional UPDATE of the stream lets one win, the other gets None.
    """
    with transaction.atomic():
        need_not_be_durable()
        waiting = list(Outbox.objects.filter(run_id=run_id).order_by("id")[:BATCH])
        if not waiting:
            return None
        Stream.objects.get_or_create(run_id=run_id)
        seq = Stream.objects.values_list("seq", flat=True).get(run_id=run_id)
        if Stream.objects.filter(run_id=run_id, seq=seq).update(seq=seq + len(waiting)) == 0:
            return None
        deleted, _ = Outbox.objects.filter(pk__in=[row.pk for row in waiting]).delete()
        if deleted != len(waiting):
            # Someone else numbered some of them between our read and the UPDATE that locked the stream.
            transaction.set_rollback(True)
            return None
        Event.objects.bulk_create(
            Event(run_id=run_id, seq=seq + place, body=row.body, created_at=row.created_at)
            for place, row in enumerate(waiting, start=1)
        )
    return Frame(
        from_seq=seq + 1,
        to_seq=seq + len(waiting),
        at=waiting[-1].created_at.isoformat(),
        events=[EVENT.validate_python(row.body) for row in waiting],
    )


def runs_with_waiting_events() -> list[int]:
    return list(Outbox.objects.order_by("run_id").values_list("run_id", flat=True).distinct()[:1000])
