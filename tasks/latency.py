"""Latency tables, measured on the worker's own device."""

from __future__ import annotations

import logging
import time
import traceback

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.latency.models import LatencyTable
from apps.latency.services.work import (
    LatencyClaim,
    latency_claim,
    latency_fail,
    latency_finish,
    latency_progress,
    latency_release,
    latency_renew,
)
from apps.spaces.selectors.made import space_made
from apps.workers.models import Worker
from nas.core.errors import Interrupted, LeaseLost, NasError
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureConfig, MeasureProgress, measure_table
from tasks.lease import lease_watched
from tasks.work import this_worker

logger = logging.getLogger(__name__)

STORED_EVERY = 1.0
"""Seconds between two writes of what was measured: so much is lost with a worker that dies."""


@shared_task(name="tasks.latency_measure", max_retries=2, default_retry_delay=5)
def latency_measure(table_id: int) -> None:
    worker = this_worker()
    claim = latency_claim(table_id=table_id, worker=worker, now=timezone.now())
    if claim is None:
        return  # somebody else was quicker, it is done, or another device is meant
    try:
        _carry_out(claim, worker)
    except LeaseLost as error:
        logger.info("latency table %s: %s", table_id, error)


def _carry_out(claim: LatencyClaim, worker: Worker) -> None:
    """Raises LeaseLost. A database that is away leaves the table to the sweep."""
    stored_at = float("-inf")

    def progress(now: MeasureProgress) -> None:
        nonlocal stored_at
        if time.monotonic() - stored_at >= STORED_EVERY:
            latency_progress(claim=claim, progress=now, now=timezone.now())
            stored_at = time.monotonic()

    def renew() -> bool:
        return latency_renew(claim=claim, now=timezone.now())

    row = claim.table
    with lease_watched(f"latency table {row.pk}", renew, worker) as stop:
        try:
            table = measure_table(
                space_made(name=row.space_name, config=row.space_config),
                tuple(row.input_shape),
                int(row.num_classes or 0),
                worker.device,
                name=row.name,
                config=MeasureConfig.parse(row.settings),
                known=_known(row),
                should_stop=stop.is_set,
                on_progress=progress,
            )
            latency_finish(claim=claim, table=table, now=timezone.now())
        except Interrupted:
            latency_release(claim=claim)
        except (LeaseLost, DatabaseError):
            raise
        except SystemExit:
            latency_release(claim=claim)  # Celery ends this process
            raise
        except NasError as error:
            logger.warning("latency table %s: %s", row.pk, error)
            latency_fail(claim=claim, reason=str(error)[:2000], detail="", now=timezone.now())
        except Exception as error:
            logger.exception("latency table %s crashed", row.pk)
            reason = f"measuring crashed: {type(error).__name__}: {error!s:.300}"
            latency_fail(claim=claim, reason=reason, detail=traceback.format_exc(), now=timezone.now())


def _known(row: LatencyTable) -> EngineTable | None:
    return None if row.content is None else EngineTable.from_json(row.content)
