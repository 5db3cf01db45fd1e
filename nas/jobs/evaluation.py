"""One architecture through the estimator, every way it can end turned into a Result. Shared by the kinds that evaluate."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from nas.core.errors import Interrupted, LeaseLost
from nas.core.estimator import Evaluation, EvaluationRequest
from nas.core.job import JobContext
from nas.core.result import Result, ResultStatus
from nas.islands.handed_down import trained_network
from nas.jobs.failure import named_failure
from nas.jobs.place import Place


def evaluate(context: JobContext, proposal_id: int, request: EvaluationRequest) -> Result:
    """The result of `request` for the proposal, the closed-form costs among its metrics.

    A failure of the estimator becomes a result with a plain reason. Interrupted, LeaseLost and faults of the place
    propagate: the work is then done again, by this worker or another.
    """
    setup = context.setup
    place = _Place(context, proposal_id, request)
    costs: Mapping[str, float] = {}
    started = time.perf_counter()

    def failed(
        status: ResultStatus, reason: str, detail: str = "", metrics: Mapping[str, float] | None = None
    ) -> Result:
        return Result(
            proposal_id=proposal_id,
            status=status,
            metrics={**(metrics or {}), **costs},
            cost_seconds=0.0 if setup.estimator.is_simulated else time.perf_counter() - started,
            is_simulated=setup.estimator.is_simulated,
            reason=reason,
            detail=detail,
        )

    try:
        costs = setup.cost(request.genotype).as_metrics()
        evaluation = setup.estimator.evaluate(request, place)
    except (Interrupted, LeaseLost):
        raise
    except Exception as error:
        if place.fault is not None:
            raise place.fault from None
        return failed(*named_failure(error))

    finite = {name: value for name, value in evaluation.metrics.items() if math.isfinite(value)}
    if gone := [name for name in evaluation.metrics if name not in finite]:
        return failed(ResultStatus.DIVERGED, f"{', '.join(gone)} became infinite or not a number", metrics=finite)
    metrics = {**finite, **costs}
    if missing := [name for name in setup.needed if name not in metrics]:
        reason = f"the estimator {setup.estimator.title} did not deliver {', '.join(missing)}"
        return failed(ResultStatus.CRASHED, reason, metrics=finite)
    try:
        return _completed(proposal_id, evaluation, setup.with_reward(metrics))
    except ValueError as error:
        return failed(ResultStatus.CRASHED, str(error), metrics=finite)


class _Place(Place):
    """As estimators see it: what an island hands down reads like any trained network."""

    def __init__(self, context: JobContext, proposal_id: int, request: EvaluationRequest) -> None:
        super().__init__(context, proposal_id)
        self._request = request

    def inherited(self) -> bytes | None:
        stored = super().inherited()
        if stored is None:
            return None
        return trained_network(stored, self._request.space.canonical(self._request.genotype))


def _completed(proposal_id: int, evaluation: Evaluation, metrics: Mapping[str, float]) -> Result:
    return Result(
        proposal_id=proposal_id,
        status=ResultStatus.COMPLETED,
        metrics=metrics,
        cost_seconds=evaluation.cost_seconds,
        steps_done=evaluation.steps_done,
        is_simulated=evaluation.is_simulated,
    )
