"""The job kind `evaluate`: a batch of architectures through the run's estimator."""

from __future__ import annotations

from nas.core.errors import Interrupted
from nas.core.estimator import EvaluationRequest
from nas.core.job import JobContext
from nas.core.objective import Constraint
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.jobs.evaluation import evaluate


class Evaluate:
    """One result per proposal, committed as it comes; one that fails does not keep the next from its turn."""

    name = "evaluate"
    title = "Evaluate architectures"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            if context.should_stop():
                raise Interrupted("stopped before the next architecture")
            context.commit(results=(_result(context, proposal),))


def _result(context: JobContext, proposal: Proposal) -> Result:
    setup = context.setup
    assert proposal.genotype is not None  # a proposal of this kind has one
    if broken := setup.broken_cost_constraints(proposal.genotype):
        return _infeasible(context, proposal.id, proposal.genotype, broken)
    request = EvaluationRequest(
        space=setup.space,
        problem=setup.problem,
        genotype=proposal.genotype,
        seed=context.training_seed(proposal.seed_id),
        fidelity=proposal.fidelity,
        wanted=setup.wanted,
        device=context.device,
        inherits=proposal.inherits is not None,
        keeps_network=proposal.keeps_network,
    )
    return evaluate(context, proposal.id, request)


def _infeasible(context: JobContext, proposal_id: int, genotype: Genotype, broken: tuple[Constraint, ...]) -> Result:
    """Known before any training: it costs nothing but the look at the formula."""
    costs = context.setup.cost(genotype).as_metrics()
    return Result(
        proposal_id=proposal_id,
        status=ResultStatus.INFEASIBLE,
        metrics=costs,
        is_simulated=context.setup.estimator.is_simulated,
        reason="; ".join(f"{c.metric} is {costs[c.metric]:,.10g}, the constraint is {c}" for c in broken),
    )
