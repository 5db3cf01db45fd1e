"""Writers put events here, in the transaction of the change; numbers and viewers come later, from the control side."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.live import redis
from apps.live.events import AnyEvent
from apps.live.models import Outbox

WAKE_CHANNEL = "outbox"


def emit(run_id: int, events: Iterable[AnyEvent]) -> None:
    """Add events to the run's outbox. Must be called inside the transaction that makes the change they tell of."""
    rows = [Outbox(run_id=run_id, body=event.model_dump(mode="json")) for event in events]
    if not rows:
        return
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("emit() belongs inside the transaction of the change it tells of")
    Outbox.objects.bulk_create(rows)
    transaction.on_commit(lambda: redis.publish(WAKE_CHANNEL, str(run_id)), robust=True)
