"""The platform's JobContext: what a job sees of the world when a worker runs it."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from numpy.random import Generator

from apps.runs.services.job_claim import Claim, lease_renew, run_wants_job
from apps.runs.services.job_commit import CurveUpdate, job_commit
from apps.runs.services.work import Work
from apps.workers.models import Worker
from apps.workers.services.registration import worker_seen
from nas.core.errors import LeaseLost
from nas.core.job import Reported
from nas.core.proposal import Proposal
from nas.core.randomness import training_seed, work_generator
from nas.core.result import Result
from nas.core.setup import SearchSetup
from nas.core.view import View
from tasks.cache import WarmCache

logger = logging.getLogger(__name__)

GROUP_SECONDS = 1.0
"""Results of a batch share a transaction for at most so long: what a dead worker can lose."""
GROUP_RESULTS = 100
WATCH_SECONDS = 1.0
TOGETHER_SECONDS = 2.0
"""Small jobs that were taken together and have not ended by then are given back, to be taken one by one."""
GRACE_SECONDS = 30.0
"""After a job was taken away, how long its code may go on before the process ends itself (a call that never returns)."""

T = TypeVar("T")


class PlatformContext:
    """One attempt. A thread of its own renews the lease, learns of pause and cancel, and writes curve points."""

    def __init__(self, *, claim: Claim, work: Work, setup: SearchSetup, worker: Worker, cache: WarmCache) -> None:
        self.claim = claim
        self.work = work
        self.kind = claim.job.kind
        self.setup = setup
        self.device = worker.device
        self.proposals: Sequence[Proposal] = work.open()
        self._worker = worker
        self._cache = cache
        self._results: list[Result] = []
        self._held_since = 0.0
        self._curve: list[CurveUpdate] = []
        self._guard = threading.Lock()
        self._writing_curve = threading.Lock()
        self._stop = threading.Event()
        self._too_long = threading.Event()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._watch_over, name="lease", daemon=True)

    def __enter__(self) -> PlatformContext:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join(timeout=5)

    def generator(self, proposal_id: int) -> Generator:
        return work_generator(self.setup.run_seed, self.setup.replica, proposal_id)

    def training_seed(self, proposal_id: int) -> int:
        return training_seed(self.setup.run_seed, self.setup.replica, proposal_id)

    def cached(self, key: str, make: Callable[[], T]) -> T:
        return self._cache.get(key, make)

    def checkpoint(self, proposal_id: int) -> bytes | None:
        return self.work.checkpoint(proposal_id)

    def inherited(self, proposal_id: int) -> bytes | None:
        return self.work.inherited(proposal_id)

    def report(self, proposal_id: int, step: int, metrics: Mapping[str, float]) -> None:
        finite = {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        with self._guard:
            self._curve.append(CurveUpdate(proposal_id, step, finite))

    def should_stop(self) -> bool:
        return self._stop.is_set() or self._too_long.is_set()

    def commit(
        self,
        *,
        results: Sequence[Result] = (),
        reported: Sequence[Reported] = (),
        checkpoint: tuple[int, bytes] | None = None,
        views: Sequence[View] = (),
    ) -> None:
        now = time.monotonic()
        if not self._results:
            self._held_since = now
        self._results += results
        is_last = len(self._results) >= len(self.proposals)
        waits = not (reported or checkpoint or views or is_last)
        if waits and now - self._held_since < GROUP_SECONDS and len(self._results) < GROUP_RESULTS:
            return
        self._write(reported=reported, checkpoint=checkpoint, views=views)

    def flush(self) -> None:
        """Commit what is held back."""
        if self._results:
            self._write()

    def curve_taken(self) -> list[CurveUpdate]:
        """The points not yet written, for the job's own commit.

        Waits for the watching thread: it holds points that would be refused once this commit has ended the job.
        """
        with self._writing_curve, self._guard:
            curve, self._curve = self._curve, []
        return curve

    def _write(
        self,
        *,
        reported: Sequence[Reported] = (),
        checkpoint: tuple[int, bytes] | None = None,
        views: Sequence[View] = (),
    ) -> None:
        results = list(self._results)
        job_commit(
            claim=self.claim,
            work=self.work,
            space=self.setup.space,
            now=timezone.now(),
            results=results,
            reported=reported,
            checkpoint=checkpoint,
            views=views,
            curve=self.curve_taken(),
        )
        self._results.clear()
        done = {result.proposal_id for result in results}
        self.proposals = [p for p in self.proposals if p.id not in done]

    def _watch_over(self) -> None:
        """Until the attempt ends: renew the lease, look whether the job is still wanted, write curve points."""
        interval = min(WATCH_SECONDS, settings.NASWEB_HEARTBEAT_SECONDS)
        begun = renewed = time.monotonic()
        lost_at: float | None = None
        try:
            while not self._ended.wait(interval):
                if len(self.claim.jobs) > 1 and time.monotonic() - begun >= TOGETHER_SECONDS:
                    self._too_long.set()
                try:
                    if time.monotonic() - renewed >= settings.NASWEB_HEARTBEAT_SECONDS:
                        renewed = time.monotonic()
                        if not lease_renew(claim=self.claim, now=timezone.now()):
                            self._stop.set()
                    if not worker_seen(worker=self._worker, now=timezone.now()) or not run_wants_job(self.claim):
                        self._stop.set()
                    if self._curve and not self._stop.is_set():
                        self._write_curve()
                except DatabaseError as error:
                    # The lease outlasts a short absence of the database; if it does not, the next commit is refused.
                    logger.warning("the database does not answer: %s", error)
                    connection.close()
                if self._stop.is_set():
                    lost_at = lost_at or time.monotonic()
                    if time.monotonic() - lost_at > GRACE_SECONDS:
                        logger.error("job %s does not stop; this process ends itself", self.claim.job.pk)
                        os._exit(70)
        finally:
            connection.close()

    def _write_curve(self) -> None:
        with self._writing_curve:
            with self._guard:
                curve = list(self._curve)
            try:
                job_commit(claim=self.claim, work=self.work, space=self.setup.space, now=timezone.now(), curve=curve)
            except LeaseLost:
                self._stop.set()
            with self._guard:  # kept until now: what a failing database did not take is tried again
                del self._curve[: len(curve)]
