"""Exports of architectures, carried out on the worker side: they build networks, which the web process cannot."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from apps.exports.selectors.engine_request import engine_request_of
from apps.exports.services.work import EXPORTS, export_claim, export_finish, export_stage
from tasks.leased import carry_out_leased
from tasks.work import this_worker


@shared_task(name="tasks.architecture_export", max_retries=2, default_retry_delay=5)
def architecture_export(export_id: int) -> None:
    worker = this_worker()
    lease = export_claim(export_id=export_id, worker=worker, now=timezone.now())
    if lease is None:
        return  # somebody else was quicker, or it is done

    def stage(name: str) -> None:
        export_stage(lease=lease, stage=name, now=timezone.now())

    def work(should_stop: Callable[[], bool]) -> None:
        from nas.export.export import export

        exported = export(engine_request_of(lease.row), should_stop=should_stop, on_stage=stage)
        stage("storing")
        export_finish(lease=lease, exported=exported, now=timezone.now())

    carry_out_leased(EXPORTS, lease, worker, work)
