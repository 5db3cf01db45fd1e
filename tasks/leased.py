"""Carrying out what a leased row asks for, whatever becomes of it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError
from django.utils import timezone

from apps.workers.leased import Lease, LeasedRows
from apps.workers.models import Leased, Worker
from nas.core.errors import Interrupted, LeaseLost, NasError
from nas.jobs.failure import process_end
from tasks.lease import lease_watched

logger = logging.getLogger(__name__)

LONGEST_REASON = 2_000

Row = TypeVar("Row", bound=Leased)


def carry_out_leased(
    rows: LeasedRows[Row], lease: Lease[Row], worker: Worker, work: Callable[[Callable[[], bool]], None]
) -> None:
    """Do `work(should_stop)`, which stores its own end, and store every other end: stopped, refused in words, crashed.

    A database that is away leaves the row to the sweep.
    """
    what = f"{rows.noun} {lease.row.pk}"

    def renew() -> bool:
        return rows.renew(lease, now=timezone.now())

    def fail(reason: str, detail: str = "") -> None:
        rows.fail(lease, reason=reason[:LONGEST_REASON], detail=detail, now=timezone.now())

    try:
        with lease_watched(what, renew, worker) as stop:
            try:
                work(stop.is_set)
            except Interrupted:
                rows.release(lease)
            except (LeaseLost, DatabaseError):
                raise
            except SystemExit:
                rows.release(lease)  # Celery ends this process
                raise
            except NasError as error:
                logger.warning("%s: %s", what, error)
                fail(str(error))
            except Exception as error:
                if (end := process_end(error)) is not None:
                    rows.release(lease)
                    raise end from None
                logger.exception("%s crashed", what)
                fail(f"The {rows.noun} crashed: {type(error).__name__}: {error!s:.300}", traceback.format_exc())
    except LeaseLost as error:
        logger.info("%s: %s", what, error)
