"""Rows that one worker at a time works on (exports, latency tables, studies): claimed, kept, ended, given back.

A row is claimed by a conditional UPDATE that raises its fence; every later write of the worker carries that fence, so that one
that was taken for dead and comes back changes nothing. The worker renews the lease while it works; the sweep gives a row back
whose lease has run out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.runs.faults import fault_point
from apps.workers.models import LEASED_OPEN, Leased, LeasedState, Worker
from nas.core.errors import LeaseLost

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = 4
"""Workers lost over one row."""

PATIENCE = timedelta(seconds=30)
"""A row that waits so long had its call lost, or all workers are busy; a second call does no harm."""

AT_ONCE = 100
"""Rows that one sweep looks after; the next one finds the rest."""

Row = TypeVar("Row", bound=Leased)


@dataclass(frozen=True, slots=True)
class Lease(Generic[Row]):
    """A row that is one worker's until the lease ends."""

    row: Row
    fence: int


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.NASWEB_LEASE_SECONDS)


def call_workers(task: str, pk: int, *, queue: str, calls: int = 1) -> None:
    """Have workers look at a row once the transaction is committed. A lost call loses nothing: the sweep makes another one."""

    def send() -> None:
        for _call in range(calls):
            try:
                current_app.send_task(task, args=[pk], queue=queue, retry=False, ignore_result=True)
            except (OperationalError, RedisError, OSError) as error:
                logger.warning("%s %s waits for the sweep: %s", task, pk, error)
                return

    transaction.on_commit(send)


@dataclass(frozen=True)
class LeasedRows(Generic[Row]):
    """One kind of leased rows.

    Attributes:
      name: of its fault points ("export" → "export.claimed").
      noun: what a worker does with a row, in words ("measurement").
      wake: calls a worker for a row that waits.
      asked: the column that says since when a row waits.
      related: what comes along with a row that was claimed (`select_related`).
      heavy: columns that the sweep does not read.
      unworked: what a row says while nobody works on it.
    """

    model: type[Row]
    name: str
    noun: str
    wake: Callable[[Row], None]
    asked: str = "asked_at"
    related: Sequence[str] = ()
    heavy: Sequence[str] = ()
    unworked: Mapping[str, Any] | None = None

    def claim(self, among: QuerySet[Row], *, worker: Worker, now: datetime, **values: Any) -> Lease[Row] | None:
        """Give the waiting row of `among` to `worker`, or None. At most one worker wins it."""
        row = among.filter(state=LeasedState.QUEUED).defer(*self.heavy).first()
        if row is None:
            return None
        fence = row.fence + 1
        won = self._rows.filter(pk=row.pk, state=LeasedState.QUEUED, fence=row.fence).update(
            state=LeasedState.WORKING,
            fence=fence,
            lease_until=lease_end(now),
            worker=worker,
            **{**(self.unworked or {}), **values},
        )
        if not won:
            return None
        fault_point(f"{self.name}.claimed")
        return Lease(self._rows.select_related(*self.related).get(pk=row.pk), fence)

    def renew(self, lease: Lease[Row], *, now: datetime) -> bool:
        """False when the row is no longer this worker's."""
        return bool(self._held(lease).update(lease_until=lease_end(now)))

    def write(self, lease: Lease[Row], *, now: datetime, **values: Any) -> None:
        """Store what there is so far. Raises LeaseLost."""
        if not self._held(lease).update(lease_until=lease_end(now), **values):
            raise LeaseLost(f"the {self.noun} was given to another worker, cancelled, or deleted")

    def end(self, lease: Lease[Row], *, state: str, now: datetime, **values: Any) -> None:
        """Raises LeaseLost."""
        ended = {"state": state, "lease_until": None, "finished_at": now, **(self.unworked or {})}
        if not self._held(lease).update(**{**ended, **values}):
            raise LeaseLost(f"the {self.noun} was given to another worker, cancelled, or deleted")

    def fail(self, lease: Lease[Row], *, reason: str, detail: str, now: datetime) -> None:
        """Raises LeaseLost."""
        self.end(lease, state=LeasedState.FAILED, now=now, reason=reason, detail=detail)

    def release(self, lease: Lease[Row]) -> None:
        """Put an interrupted row back in the queue. A lost lease is no error."""
        with transaction.atomic():
            given_back = {"state": LeasedState.QUEUED, "lease_until": None, **(self.unworked or {})}
            if self._held(lease).update(**given_back):
                self.wake(lease.row)

    def lost(self, row: Row, *, now: datetime) -> bool:
        """Take a row back from a worker that is gone; True when this call did it. After four losses it ends as failed."""
        held = self._rows.filter(pk=row.pk, state=LeasedState.WORKING, fence=row.fence)
        num_lost = row.num_lost + 1
        values: dict[str, Any] = {"fence": F("fence") + 1, "lease_until": None, "num_lost": num_lost}
        values |= self.unworked or {}
        if num_lost >= GIVE_UP_AFTER:
            reason = f"The worker died {num_lost} times while it worked on this."
            return bool(held.update(**values, state=LeasedState.FAILED, reason=reason, finished_at=now))
        with transaction.atomic():
            if not held.update(**values, state=LeasedState.QUEUED):
                return False
            self.wake(row)
        return True

    def sweep(self, *, now: datetime) -> set[int]:
        """Called periodically: the keys of the rows that were given back or called for again."""
        rows = self._rows.defer(*self.heavy)
        is_lost = Q(lease_until__lt=now) | Q(worker__stopped_at__isnull=False)
        lost = rows.filter(is_lost, state=LeasedState.WORKING)[:AT_ONCE]
        seen_to = {row.pk for row in lost if self.lost(row, now=now)}
        waits_long = {f"{self.asked}__lt": now - PATIENCE}
        waiting = rows.filter(state=LeasedState.QUEUED, **waits_long).exclude(pk__in=seen_to)
        for row in waiting.order_by("pk")[:AT_ONCE]:
            self.wake(row)
            seen_to.add(row.pk)
        return seen_to

    def cancel(self, row: Row, *, now: datetime) -> bool:
        """End the work on it; what there is so far stays. False when it had ended already."""
        is_open = self._rows.filter(pk=row.pk, state__in=LEASED_OPEN)
        ended = {"state": LeasedState.CANCELLED, "lease_until": None, "finished_at": now, **(self.unworked or {})}
        return bool(is_open.update(fence=F("fence") + 1, **ended))

    @property
    def _rows(self) -> QuerySet[Row]:
        return self.model._default_manager.all()

    def _held(self, lease: Lease[Row]) -> QuerySet[Row]:
        return self._rows.filter(pk=lease.row.pk, state=LeasedState.WORKING, fence=lease.fence)
