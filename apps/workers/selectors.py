"""Who works now, and how much they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from apps.accounts.access import AnyUser, visible
from apps.runs.models import Attempt, Run
from apps.workers.models import Worker

RECENTLY = timedelta(hours=24)
PER_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as its page shows it. `attempt`: what it does now; its run is named only to those who may see it."""

    worker: Worker
    is_alive: bool
    attempt: Attempt | None
    may_see_run: bool


def seen_since(now: datetime) -> datetime:
    """A worker whose last heartbeat is older than this is taken for gone: three may get lost."""
    return now - timedelta(seconds=3 * settings.NASWEB_HEARTBEAT_SECONDS + 5)


def workers_alive(*, now: datetime) -> QuerySet[Worker]:
    return Worker.objects.filter(stopped_at__isnull=True, last_seen_at__gte=seen_since(now))


def workers_for(*, device: str, now: datetime) -> QuerySet[Worker]:
    """The living workers that may carry out a run with this device choice."""
    alive = workers_alive(now=now)
    return alive if device == "any" else alive.filter(queue=device)


def worker_rows(*, user: AnyUser, now: datetime) -> list[WorkerRow]:
    """All workers seen within a day, the living first; `finished_last_hour` is annotated. Four queries, however many."""
    alive = set(workers_alive(now=now).values_list("pk", flat=True))
    workers = (
        Worker.objects.filter(last_seen_at__gte=now - RECENTLY)
        .annotate(finished_last_hour=Count("trials", filter=Q(trials__finished_at__gte=now - PER_HOUR)))
        .order_by("name", "-last_seen_at")
    )
    busy = {
        attempt.worker_id: attempt
        for attempt in Attempt.objects.filter(ended_at__isnull=True, worker__in=alive).select_related("job__run")
    }
    seen = set(
        visible(Run.objects.filter(pk__in={a.job.run_id for a in busy.values()}), user).values_list("pk", flat=True)
    )
    rows = [
        WorkerRow(
            worker=worker,
            is_alive=worker.pk in alive,
            attempt=busy.get(worker.pk),
            may_see_run=worker.pk in busy and busy[worker.pk].job.run_id in seen,
        )
        for worker in workers
    ]
    return sorted(rows, key=lambda row: not row.is_alive)
