"""Latency tables, measured on the worker's own device."""

from __future__ import annotations

import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from apps.latency.models import LatencyTable
from apps.latency.services.work import LATENCY_TABLES, latency_claim, latency_finish, latency_progress
from apps.spaces.selectors.made import space_made
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureConfig, MeasureProgress, measure_table
from tasks.leased import carry_out_leased
from tasks.work import this_worker

STORED_EVERY = 1.0
"""Seconds between two writes of what was measured: so much is lost with a worker that dies."""


@shared_task(name="tasks.latency_measure", max_retries=2, default_retry_delay=5)
def latency_measure(table_id: int) -> None:
    worker = this_worker()
    lease = latency_claim(table_id=table_id, worker=worker, now=timezone.now())
    if lease is None:
        return  # somebody else was quicker, it is done, or another device is meant
    stored_at = float("-inf")

    def progress(now: MeasureProgress) -> None:
        nonlocal stored_at
        if time.monotonic() - stored_at >= STORED_EVERY:
            latency_progress(lease=lease, progress=now, now=timezone.now())
            stored_at = time.monotonic()

    def work(should_stop: Callable[[], bool]) -> None:
        row = lease.row
        table = measure_table(
            space_made(name=row.space_name, config=row.space_config),
            tuple(row.input_shape),
            int(row.num_classes or 0),
            worker.device,
            name=row.name,
            config=MeasureConfig.parse(row.settings),
            known=_known(row),
            should_stop=should_stop,
            on_progress=progress,
        )
        latency_finish(lease=lease, table=table, now=timezone.now())

    carry_out_leased(LATENCY_TABLES, lease, worker, work)


def _known(row: LatencyTable) -> EngineTable | None:
    return None if row.content is None else EngineTable.from_json(row.content)
