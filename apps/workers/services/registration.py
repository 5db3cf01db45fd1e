"""Workers come, show that they live, and go."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from apps.workers.models import Worker
from apps.workers.processes import is_alive, process_started


def worker_register(
    *, name: str, host: str, queue: str, device: str, device_name: str, fingerprint: Mapping[str, Any], now: datetime
) -> Worker:
    """This process as a worker: the row it had before, or a new one."""
    pid = os.getpid()
    started = process_started(pid)
    known = Worker.objects.filter(host=host, pid=pid, process_started=started, stopped_at__isnull=True).first()
    if known is not None:
        Worker.objects.filter(pk=known.pk).update(last_seen_at=now)
        return known
    return Worker.objects.create(
        name=name,
        host=host,
        pid=pid,
        process_started=started,
        queue=queue,
        device=device,
        device_name=device_name,
        fingerprint=dict(fingerprint),
        last_seen_at=now,
    )


def worker_seen(*, worker: Worker, now: datetime) -> bool:
    """The worker lives; False when it was asked to end."""
    Worker.objects.filter(pk=worker.pk).update(last_seen_at=now, stopped_at=None)
    return not Worker.objects.filter(pk=worker.pk, is_draining=True).exists()


def workers_seen(*, host: str, name: str, now: datetime) -> None:
    """The processes of that worker live, though they may be idle."""
    for worker in Worker.objects.filter(host=host, name=name, stopped_at__isnull=True):
        if is_alive(worker.pid, worker.process_started):
            Worker.objects.filter(pk=worker.pk).update(last_seen_at=now)


def worker_stopped(*, worker: Worker, now: datetime) -> None:
    Worker.objects.filter(pk=worker.pk).update(stopped_at=now)


def workers_drain(*, host: str, name: str) -> None:
    """Ask the workers of that name on that machine to end at the next safe point."""
    Worker.objects.filter(host=host, name=name, stopped_at__isnull=True).update(is_draining=True)


def dead_here(*, host: str) -> list[Worker]:
    """Workers of this machine whose process is gone though nobody said goodbye."""
    candidates = Worker.objects.filter(host=host, stopped_at__isnull=True).exclude(pid=os.getpid())
    return [worker for worker in candidates if not is_alive(worker.pid, worker.process_started)]


def silent(*, now: datetime) -> list[Worker]:
    """Workers that gave no sign of life for three leases, on whatever machine."""
    limit = now - timedelta(seconds=3 * max(settings.NASWEB_LEASE_SECONDS, settings.NASWEB_HEARTBEAT_SECONDS))
    return list(Worker.objects.filter(Q(stopped_at__isnull=True), last_seen_at__lt=limit))
