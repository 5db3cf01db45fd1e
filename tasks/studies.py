"""Studies of architectures, carried out on the worker side."""

from __future__ import annotations

import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from apps.artifacts.selectors import artifact_bytes
from apps.exports.selectors.choices import choice_of
from apps.runs.engine import setup_of
from apps.studies.models import Study
from apps.studies.services.work import STUDIES, study_claim, study_finish, study_progress
from apps.workers.models import Worker
from nas import registry
from nas.core.errors import Interrupted, InvalidConfig
from nas.core.study import StudyProgress, StudyRequest
from tasks.leased import carry_out_leased
from tasks.work import this_worker

STORED_EVERY = 1.0
"""Seconds between two writes of what was found: so much is lost with a worker that dies."""


@shared_task(name="tasks.study_carry_out", max_retries=2, default_retry_delay=5)
def study_carry_out(study_id: int) -> None:
    worker = this_worker()
    lease = study_claim(study_id=study_id, worker=worker, now=timezone.now())
    if lease is None:
        return  # somebody else was quicker, it has ended, or another device is meant
    row = lease.row
    stored_at = float("-inf")
    unstored: StudyProgress | None = None

    def work(should_stop: Callable[[], bool]) -> None:
        kind = registry.studies.get(row.kind)

        def store(progress: StudyProgress) -> None:
            nonlocal stored_at, unstored
            study_progress(lease=lease, progress=progress, version=kind.version, now=timezone.now())
            stored_at, unstored = time.monotonic(), None

        def progress(now: StudyProgress) -> None:
            nonlocal unstored
            unstored = now
            if time.monotonic() - stored_at >= STORED_EVERY:
                store(now)

        request = _request(row, worker, version=kind.version)
        study = kind(kind.Config.parse(row.config))
        try:
            known = study.run(request, should_stop=should_stop, on_progress=progress)
        except Interrupted:
            if unstored is not None:
                store(unstored)
            raise
        total = None if unstored is None else unstored.total
        study_finish(lease=lease, known=known, version=kind.version, total=total, now=timezone.now())

    carry_out_leased(STUDIES, lease, worker, work)


def _request(row: Study, worker: Worker, *, version: int) -> StudyRequest:
    """Raises InvalidConfig for what has become impossible since it was asked for."""
    trial = row.trial
    setup = setup_of(row.run, replica=trial.replica.number)
    checkpoint = choice_of(trial).checkpoint
    refusal = registry.studies.get(row.kind).refusal(setup, has_weights=checkpoint is not None)
    if refusal is not None:
        raise InvalidConfig.at("", refusal or f"{setup.space.title} has nothing that this study looks at")
    return StudyRequest(
        setup=setup,
        genotype=trial.architecture.genotype,
        seed=row.seed,
        device=worker.device,
        weights=None if checkpoint is None else artifact_bytes(checkpoint),
        known=row.known if row.version == version else {},  # an older version's are not understood: it begins anew
    )
