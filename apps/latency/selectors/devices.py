"""On which devices something can be measured now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import ngettext

from apps.workers.models import Worker
from apps.workers.selectors import workers_alive


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """`worker` stands for all workers of its host with a device of that name."""

    worker: Worker
    workers: frozenset[int]

    @property
    def label(self) -> str:
        num = len(self.workers)
        name = self.worker.device_name or self.worker.device
        words = {"device": name, "host": self.worker.host, "n": num}
        return ngettext("%(device)s on %(host)s", "%(device)s on %(host)s (%(n)d workers)", num) % words


def device_choices(*, now: datetime) -> list[DeviceChoice]:
    """GPUs first, then by name."""
    found: dict[tuple[str, str, str], list[Worker]] = {}
    for worker in workers_alive(now=now).order_by("pk"):
        found.setdefault((worker.queue, worker.host, worker.device_name or worker.device), []).append(worker)
    ordered = sorted(found.items(), key=lambda item: (item[0][0] != "gpu", item[0]))
    return [DeviceChoice(workers[0], frozenset(worker.pk for worker in workers)) for _key, workers in ordered]


def device_chosen(worker_id: int, *, now: datetime) -> Worker | None:
    """A living worker; None when it is gone."""
    return workers_alive(now=now).filter(pk=worker_id).first()
