"""The place in which a job works, seen from the work on one proposal; its own faults are told from those of the work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from nas.core.errors import Interrupted, LeaseLost, TrialFailed
from nas.core.job import JobContext
from nas.core.result import Result
from nas.jobs.failure import named_failure

T = TypeVar("T")


class Place:
    """What the work on one proposal may use of its job's place; serves estimators as their EvaluationContext.

    `fault` is what the place itself raised (a database that is gone): that says nothing about the work, so it ends the job, not
    the proposal.
    """

    def __init__(self, context: JobContext, proposal_id: int) -> None:
        self._context = context
        self.proposal_id = proposal_id
        self.fault: Exception | None = None

    def _ask(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except TrialFailed:
            raise
        except Exception as error:
            self.fault = error
            raise

    def report(self, step: int, metrics: Mapping[str, float]) -> None:
        self._ask(lambda: self._context.report(self.proposal_id, step, metrics))

    def should_stop(self) -> bool:
        return self._ask(self._context.should_stop)

    def load(self) -> bytes | None:
        return self._ask(lambda: self._context.checkpoint(self.proposal_id))

    def inherited(self) -> bytes | None:
        return self._ask(lambda: self._context.inherited(self.proposal_id))

    def save(self, checkpoint: bytes) -> None:
        self.commit(checkpoint=(self.proposal_id, checkpoint))

    def commit(self, **what: Any) -> None:
        """As `JobContext.commit`."""
        self._ask(lambda: self._context.commit(**what))

    def cached(self, key: str, make: Any) -> Any:
        return self._context.cached(key, make)


def attempt(place: Place, what: str, work: Callable[[], T]) -> T | Result:
    """What `work` returns; where it fails, the result that says so, about `what` ("the island").

    Interrupted, LeaseLost and faults of the place propagate: the work is then done again, by this worker or another.
    """
    started = time.perf_counter()
    try:
        return work()
    except (Interrupted, LeaseLost):
        raise
    except Exception as error:
        if place.fault is not None:
            raise place.fault from None
        status, reason, detail = named_failure(error, what)
        seconds = time.perf_counter() - started
        return Result(place.proposal_id, status, cost_seconds=seconds, reason=reason, detail=detail)
