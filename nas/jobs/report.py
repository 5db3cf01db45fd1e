"""The job kind `report`: the test metrics of architectures a finished run reports. No strategy ever sees them."""

from __future__ import annotations

from nas.core.errors import Interrupted
from nas.core.estimator import EvaluationRequest
from nas.core.job import JobContext
from nas.core.result import Result, ResultStatus
from nas.jobs.evaluation import evaluate


class Report:
    """Evaluates again with the trial's own seed and fidelity, so it is the network of the trial that is tested.

    Each proposal's payload is `{"proposal_id": whose seed the trial was trained with, "genotype": its architecture}`; its
    `fidelity` is the trial's. The result carries all metrics, `test_*` among them. With `"needs_network": true` the trial
    inherited weights: its stored network is tested, and without it there is no result.
    """

    name = "report"
    title = "Measure test metrics"

    def run(self, context: JobContext) -> None:
        setup = context.setup
        for proposal in tuple(context.proposals):
            if context.should_stop():
                raise Interrupted("stopped before the next architecture")
            if proposal.payload.get("needs_network") and context.checkpoint(proposal.id) is None:
                reason = "its network inherited weights and is stored no more, so it cannot be tested"
                context.commit(results=(Result(proposal.id, ResultStatus.CANCELLED, reason=reason),))
                continue
            request = EvaluationRequest(
                space=setup.space,
                problem=setup.problem,
                genotype=proposal.payload["genotype"],
                seed=context.training_seed(int(proposal.payload["proposal_id"])),
                fidelity=proposal.fidelity,
                wanted=setup.wanted,
                device=context.device,
                with_test=True,
            )
            context.commit(results=(evaluate(context, proposal.id, request),))
