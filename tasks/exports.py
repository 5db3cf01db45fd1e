"""Exports of architectures, carried out on the worker side: they build networks, which the web process cannot."""

from __future__ import annotations

import logging
import traceback

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.exports.selectors.engine_request import engine_request_of
from apps.exports.services.work import (
    ExportClaim,
    export_claim,
    export_fail,
    export_finish,
    export_release,
    export_renew,
    export_stage,
)
from apps.workers.models import Worker
from nas.core.errors import Interrupted, LeaseLost, NasError
from tasks.lease import lease_watched
from tasks.work import this_worker

logger = logging.getLogger(__name__)


@shared_task(name="tasks.architecture_export", max_retries=2, default_retry_delay=5)
def architecture_export(export_id: int) -> None:
    worker = this_worker()
    claim = export_claim(export_id=export_id, worker=worker, now=timezone.now())
    if claim is None:
        return  # somebody else was quicker, or it is done
    try:
        _carry_out(claim, worker)
    except LeaseLost as error:
        logger.info("export %s: %s", export_id, error)


def _carry_out(claim: ExportClaim, worker: Worker) -> None:
    """Raises LeaseLost. A database that is away leaves the export to the sweep."""
    from nas.export.export import export

    def stage(name: str) -> None:
        export_stage(claim=claim, stage=name, now=timezone.now())

    def renew() -> bool:
        return export_renew(claim=claim, now=timezone.now())

    with lease_watched(f"export {claim.export.pk}", renew, worker) as stop:
        try:
            exported = export(engine_request_of(claim.export), should_stop=stop.is_set, on_stage=stage)
            stage("storing")
            export_finish(claim=claim, exported=exported, now=timezone.now())
        except Interrupted:
            export_release(claim=claim)
        except (LeaseLost, DatabaseError):
            raise
        except SystemExit:
            export_release(claim=claim)  # Celery ends this process
            raise
        except NasError as error:
            logger.warning("export %s: %s", claim.export.pk, error)
            export_fail(claim=claim, reason=str(error)[:2000], detail="", now=timezone.now())
        except Exception as error:
            logger.exception("export %s crashed", claim.export.pk)
            reason = f"the export crashed: {type(error).__name__}: {error!s:.300}"
            export_fail(claim=claim, reason=reason, detail=traceback.format_exc(), now=timezone.now())
