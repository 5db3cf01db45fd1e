"""The job kind `train_supernet`: a leg of a training of shared weights, from the checkpoint of the leg before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nas.core.errors import Interrupted, TrialFailed
from nas.core.job import JobContext, Reported
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.jobs.place import Place, attempt
from nas.supernets.task import SupernetTask

if TYPE_CHECKING:
    from nas.supernets.training import EpochFacts


class TrainSupernet:
    """Each proposal's payload is a `SupernetTask`. Its result carries the facts of its last epoch as payload.

    An architecture that the search would choose now becomes a trial with the metric shared_accuracy, if it is another one
    than that of the leg before.
    """

    name = "train_supernet"
    title = "Train a supernet"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            if context.should_stop():
                raise Interrupted("stopped before the next leg of the supernet's training")
            _leg(context, proposal)


def _leg(context: JobContext, proposal: Proposal) -> None:
    task = SupernetTask.from_json(proposal.payload)
    place = Place(context, proposal.id)
    found = attempt(place, "the supernet", lambda: _trained(context, place, proposal, task))
    if isinstance(found, Result):
        context.commit(results=(found,))
        return
    facts, checkpoint, seconds = found
    result = Result(
        proposal.id,
        ResultStatus.COMPLETED,
        metrics=facts.metrics,
        cost_seconds=seconds,
        steps_done=facts.epoch,
        payload=facts.as_json(),
    )
    context.commit(
        checkpoint=(proposal.id, checkpoint), reported=_reported(context, proposal, task, facts), results=(result,)
    )


def _trained(
    context: JobContext, place: Place, proposal: Proposal, task: SupernetTask
) -> tuple[EpochFacts, bytes, float]:
    """The facts of the last epoch, the state after it, and the seconds of this leg over all attempts."""
    import torch

    from nas.registry import supernet_trainings
    from nas.supernets.fitting import largest_batch
    from nas.supernets.training import Surroundings
    from nas.training.environment import named_failures, reproducible
    from nas.training.warm import warm_examples

    device = torch.device(context.device)
    seed = context.training_seed(proposal.seed_id)
    kind = supernet_trainings.get(task.training)
    config = kind.Config.parse(task.settings)
    setup = task.ruled(context.setup)
    examples = partial(warm_examples, context.setup.problem, device=device, cached=place.cached)
    at = Surroundings(
        train=examples("train"),
        validation=examples("validation"),
        device=device,
        seed=seed,
        should_stop=place.should_stop,
        save=place.save,
        report=place.report,
    )

    def leg() -> tuple[EpochFacts, bytes, float]:
        with named_failures(device, config.batch_size), reproducible(device, seed):
            training = kind(config, setup, at)
            if (stored := place.load()) is not None:
                training.restore(stored)
            training.begin_leg(task.from_epoch)
            facts = training.run(task.until_epoch)
            return facts, training.checkpoint(), training.leg_seconds

    try:
        return leg()
    except TrialFailed as error:
        if error.status is not ResultStatus.OUT_OF_MEMORY:
            raise
        reason = error.reason
    # Outside: while the failure is handled, its frames hold all the memory that was too little.
    fits = largest_batch(kind, config, setup, at)
    advice = f"A batch of {fits} would fit." if fits else "Not even a batch of 2 would fit; make the network smaller."
    raise TrialFailed(ResultStatus.OUT_OF_MEMORY, f"{reason} {advice}")


def _reported(context: JobContext, proposal: Proposal, task: SupernetTask, facts: EpochFacts) -> tuple[Reported, ...]:
    if facts.genotype is None or "shared_accuracy" not in facts.metrics:
        return ()
    space = context.setup.space
    if space.canonical(facts.genotype) == task.known:
        return ()
    metrics = {"shared_accuracy": facts.metrics["shared_accuracy"], **context.setup.cost(facts.genotype).as_metrics()}
    return (Reported(proposal.id, 0, facts.genotype, metrics),)
