"""The worker side: claim jobs until the queue is empty, run each through the engine."""

from __future__ import annotations

import logging
import os
import platform
import socket
import threading
import time
import traceback
from dataclasses import replace
from functools import cache, partial

from celery import shared_task
from celery.signals import worker_process_init, worker_process_shutdown, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from apps.datasets.selectors.waiting import uploads_waiting
from apps.exports.selectors.exports import exports_waiting
from apps.latency.selectors.tables import latency_waiting
from apps.runs.engine import setup_of, specification_of
from apps.runs.models import Job, Run
from apps.runs.services.job_claim import Claim, job_claim
from apps.runs.services.job_commit import job_commit, job_release
from apps.runs.services.job_lost import job_lost
from apps.runs.services.work import Work, work_of
from apps.runs.services.worker_lost import dead_workers_release
from apps.runs.specification import RunSpecification
from apps.runs.steering import Steering
from apps.runs.wake import JOB_CALL_PRIORITY, worker_woken
from apps.studies.selectors.studies import studies_waiting
from apps.workers.models import Worker
from apps.workers.services.registration import worker_register, worker_seen, worker_stopped, workers_drain, workers_seen
from nas import registry
from nas.core.errors import Interrupted, LeaseLost, NasError
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from tasks.cache import WarmCache
from tasks.context import WATCH_SECONDS, PlatformContext
from tasks.pace import Pace
from tasks.queues import is_control_worker

logger = logging.getLogger(__name__)

WARM_SHARE = 0.5
"""Of the memory after which Celery replaces the process, the share that warm things may fill."""

_cache = WarmCache(int(settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD * 1024 * WARM_SHARE))


CONTROL_NAME = "control"
"""The worker name of the control side, which never carries out jobs and never loads torch."""

_registering = threading.Lock()


def worker_name() -> str:
    """Set by whoever starts the worker; the same after a restart."""
    return os.environ.get("NASWEB_WORKER_NAME", "") or f"worker-{os.getpid()}"


@cache
def _device() -> tuple[str, str, str]:
    """(queue, device, its name) of this process: a GPU if it was given one, else the CPU."""
    from nas.hardware.devices import preferred_device

    found = preferred_device()
    return found.kind, found.id, found.name


@cache
def _fingerprint() -> dict[str, object]:
    from nas.hardware.devices import fingerprint

    return {**fingerprint(), "python": platform.python_version(), "system": platform.platform()}


def this_worker() -> Worker:
    """The row of this process. The warm-up and the first job may ask at the same moment: one of them makes it."""
    queue, device, device_name = _device()
    with _registering:
        return worker_register(
            name=worker_name(),
            host=socket.gethostname(),
            queue=queue,
            device=device,
            device_name=device_name,
            fingerprint=_fingerprint(),
            now=timezone.now(),
        )


def _somebody_waits(worker: Worker) -> bool:
    """Does a person wait for an upload to be checked, an export, a latency table, a study?"""
    return uploads_waiting() or exports_waiting() or latency_waiting(worker) or studies_waiting(worker)


@shared_task(name="tasks.job_execute", max_retries=2, default_retry_delay=1)
def job_execute() -> None:
    """Claim and carry out jobs until none is left."""
    worker = this_worker()
    worker_woken(worker.queue)
    dead_workers_release(host=worker.host, now=timezone.now())
    seen_at = float("-inf")
    while True:
        if time.monotonic() - seen_at >= WATCH_SECONDS:
            if not worker_seen(worker=worker, now=timezone.now()):
                return
            if seen_at > float("-inf") and _somebody_waits(worker):
                # Behind that person's message in the queue, then on with the search.
                job_execute.apply_async(queue=worker.queue, priority=JOB_CALL_PRIORITY)
                return
            seen_at = time.monotonic()
        claim = job_claim(worker=worker, now=timezone.now(), warm_runs=_warm_runs(), at_once=_jobs_at_once)
        if claim is None:
            return
        begun = time.monotonic()
        carry_out(claim, worker)
        _pace(claim.job.run_id).note((time.monotonic() - begun) / len(claim.jobs))


def carry_out(claim: Claim, worker: Worker) -> None:
    """One attempt, whatever becomes of it."""
    try:
        specification = _specification(claim.job)
    except Run.DoesNotExist:
        logger.info("job %s: its run was deleted", claim.job.pk)
        return
    work = work_of(claim.jobs, specification)
    try:
        setup = _setup(claim.job, specification)
    except NasError as error:
        _end_all(claim, work, None, f"the worker could not prepare this: {error}", "")
        return
    with PlatformContext(claim=claim, work=work, setup=setup, worker=worker, cache=_cache) as context:
        try:
            registry.job_kinds.get(claim.job.kind)().run(context)
            context.flush()
        except LeaseLost as error:
            logger.info("job %s: %s", claim.job.pk, error)
        except Interrupted:
            _keep(context)
            job_release(claim=claim, work=work, now=timezone.now(), curve=context.curve_taken())
        except (OperationalError, InterfaceError) as error:
            _give_back(context, f"the database did not answer: {error}")
        except SystemExit:
            # Celery ends this process; what is committed stays, the rest is done by whoever claims it next.
            job_release(claim=claim, work=work, now=timezone.now())
            raise
        except Exception as error:
            logger.exception("job %s crashed", claim.job.pk)
            _keep(context)
            if len(claim.jobs) > 1:
                # Which one it was shows when each comes alone.
                _lost(claim, f"{type(error).__name__}: {error}")
                return
            _end_all(claim, work, setup, f"the job crashed: {type(error).__name__}: {error}", traceback.format_exc())


def _pace(run_id: int) -> Pace:
    return _cache.get(f"pace:{run_id}", Pace)


def _jobs_at_once(run_id: int) -> int:
    return _pace(run_id).jobs_at_once()


def _warm_runs() -> frozenset[int]:
    """Runs whose search this process has at hand."""
    return frozenset(int(key.split(":")[1]) for key in _cache if key.startswith("setup:"))


def _specification(job: Job) -> RunSpecification:
    """What the run asked for does not change once it exists, so it is read once; what people changed stands with the replica,
    as of the claim."""
    asked = _cache.get(f"specification:{job.run_id}", lambda: specification_of(Run.objects.get(pk=job.run_id)))
    return Steering.of(job.replica).applied_to(asked)


def _setup(job: Job, specification: RunSpecification) -> SearchSetup:
    number = job.replica.number
    setup = _cache.get(f"setup:{job.run_id}:{number}", lambda: setup_of(Run.objects.get(pk=job.run_id), replica=number))
    if setup.constraints == specification.constraints:
        return setup
    return replace(setup, constraints=specification.constraints)


def _keep(context: PlatformContext) -> None:
    """Commit what was finished before the work stopped."""
    try:
        context.flush()
    except LeaseLost as error:
        logger.info("job %s: %s", context.claim.job.pk, error)


def _give_back(context: PlatformContext, detail: str) -> None:
    """The database was away, which says nothing about the architectures: what cannot be committed now is done again.

    That counts as a loss, so that a job whose own writes are the trouble does not go round for ever.
    """
    logger.warning("job %s: %s", context.claim.job.pk, detail)
    connection.close()  # a broken connection stays broken
    job = context.claim.job
    for repair in (partial(_keep, context), partial(_lost, context.claim, detail)):
        try:
            repair()
        except (OperationalError, InterfaceError) as error:
            # What cannot be given back now comes back when its lease ends.
            logger.warning("job %s: the database still does not answer: %s", job.pk, error)
            connection.close()


def _lost(claim: Claim, detail: str) -> None:
    for job in claim.jobs:
        job_lost(job=job, now=timezone.now(), detail=detail)


def _end_all(claim: Claim, work: Work, setup: SearchSetup | None, reason: str, detail: str) -> None:
    """The job itself failed: every proposal that has no result ends as crashed, so that the run goes on and says why."""
    results = [
        Result(proposal_id=wish.id, status=ResultStatus.CRASHED, reason=reason[:2000], detail=detail)
        for wish in work.open()
    ]
    space = setup.space if setup else None
    try:
        job_commit(claim=claim, work=work, space=space, now=timezone.now(), results=results)  # type: ignore[arg-type]
    except LeaseLost as error:
        logger.info("job %s: %s", claim.job.pk, error)


@worker_shutting_down.connect
def _drain(**_: object) -> None:
    """In the worker's main process: the child learns from its row that it shall end at the next safe point."""
    workers_drain(host=socket.gethostname(), name=worker_name())


@worker_process_init.connect
def _prepare(**_: object) -> None:
    """In the fresh child of a worker that takes jobs: show up in the list, and load what the first job would wait for."""
    if worker_name() != CONTROL_NAME:
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    try:
        registry.estimators.check()
        this_worker()
    except DatabaseError as error:
        logger.warning("not yet registered: %s", error)
    finally:
        connection.close()


@worker_ready.connect
def _keep_in_sight(sender: object, **_: object) -> None:
    """In the main process: an idle worker runs no task that could show that it lives."""
    if not is_control_worker(sender.task_consumer.queues):  # type: ignore[attr-defined]
        threading.Thread(target=_heartbeat, name="heartbeat", daemon=True).start()


def _heartbeat() -> None:
    while True:
        time.sleep(settings.NASWEB_HEARTBEAT_SECONDS)
        try:
            workers_seen(host=socket.gethostname(), name=worker_name(), now=timezone.now())
        except DatabaseError as error:
            logger.warning("the database does not answer: %s", error)
        finally:
            connection.close()


@worker_process_shutdown.connect
def _gone(pid: int = 0, **_: object) -> None:
    worker = Worker.objects.filter(host=socket.gethostname(), pid=os.getpid(), stopped_at__isnull=True).first()
    if worker is not None:
        worker_stopped(worker=worker, now=timezone.now())
