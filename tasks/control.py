"""The control side: advance runs, look after what was lost, number and publish events."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.artifacts.services import artifacts_sweep
from apps.datasets.services import uploads_recheck
from apps.exports.services.sweep import exports_sweep
from apps.latency.services.sweep import latency_sweep
from apps.live import redis
from apps.live.publisher import Publisher
from apps.runs.models import Job, Run
from apps.runs.services.advance import run_advance as advance
from apps.runs.services.job_lost import leases_sweep
from apps.runs.services.report import report_end_if_done
from apps.runs.services.worker_lost import dead_workers_release, silent_workers_release
from apps.runs.states import RUN_WORKING, JobState, RunState
from apps.runs.wake import wake_workers
from apps.studies.services.sweep import studies_sweep
from tasks.queues import is_control_worker

logger = logging.getLogger(__name__)

ARTIFACTS_EVERY = timedelta(hours=1)


@shared_task(name="tasks.run_advance")
def run_advance(run_id: int) -> None:
    advance(run_id=run_id, clock=timezone.now)


@shared_task(name="tasks.sweep")
def sweep() -> None:
    """What a lost wake-up call, a dead worker or a restart left lying is picked up here."""
    now = timezone.now()
    dead_workers_release(host=socket.gethostname(), now=now)
    silent_workers_release(now=now)
    leases_sweep(now=now)
    states = [RunState.QUEUED, RunState.RUNNING, RunState.STOPPING]
    for run_id in Run.objects.filter(state__in=states).order_by("id").values_list("pk", flat=True):
        try:
            advance(run_id=run_id, clock=timezone.now)
        except Exception:
            # One broken run must not keep the others from being looked after.
            logger.exception("run %s could not be advanced", run_id)
    for run_id in Run.objects.filter(state=RunState.REPORTING).values_list("pk", flat=True):
        report_end_if_done(run_id=run_id, now=now)
    waiting = Job.objects.filter(state=JobState.QUEUED, run__state__in=RUN_WORKING)
    for queue in waiting.order_by().values_list("queue", flat=True).distinct():
        wake_workers(queue, waiting.filter(queue=queue).count())
    uploads_recheck(now=now)
    exports_sweep(now=now)
    latency_sweep(now=now)
    studies_sweep(now=now)
    if redis.first_in("artifacts-sweep", seconds=ARTIFACTS_EVERY.total_seconds()):
        artifacts_sweep(now=now)


class Clock(threading.Thread):
    """Has a sweep made at once, for whatever happened while nobody was here, and then periodically.

    A thread of the control process: Celery's beat would be one more process for one line of schedule.
    """

    def __init__(self) -> None:
        super().__init__(name="clock", daemon=True)
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                # A sweep that nobody made is worthless once the next one is due.
                sweep.apply_async(expires=settings.NASWEB_SWEEP_SECONDS, retry=False)
            except (OperationalError, RedisError, OSError) as error:
                logger.warning("no sweep was asked for: %s", error)
            self._stopped.wait(settings.NASWEB_SWEEP_SECONDS)


_threads: list[Publisher | Clock] = []


@worker_ready.connect
def _start_threads(sender: object, **_: object) -> None:
    if is_control_worker(sender.task_consumer.queues):  # type: ignore[attr-defined]
        for thread in (Publisher(), Clock()):
            thread.start()
            _threads.append(thread)


@worker_shutdown.connect
def _stop_threads(**_: object) -> None:
    while _threads:
        _threads.pop().stop()
