"""The job kind `score_shared`: architectures scored with the weights of a supernet, without any training."""

from __future__ import annotations

import time
from functools import partial
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING

from nas.core.errors import Interrupted, TrialFailed
from nas.core.job import JobContext, Reported, setup_key
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.jobs.place import Place, attempt
from nas.supernets.task import SupernetTask

if TYPE_CHECKING:
    from nas.supernets.training import SupernetTraining
    from nas.training.score import Scores


class ScoreShared:
    """Each proposal's payload is {"task": a `SupernetTask`, "genotypes": […], "batches": n}; it inherits the trained leg's weights.

    Every architecture becomes a trial with the metrics shared_accuracy, shared_loss and its costs, in the order given; the
    result's payload is {"scores": [accuracy, …], "losses": […]}. Answers that are no numbers are wrong ones: accuracy 0, and no loss
    (None). `batches`: of training examples for the statistics of batch norm; 0 scores with the statistics that the supernet has.
    """

    name = "score_shared"
    title = "Score architectures with shared weights"

    def run(self, context: JobContext) -> None:
        for proposal in tuple(context.proposals):
            if context.should_stop():
                raise Interrupted("stopped before the next architectures")
            context.commit(results=(_result(context, proposal),))


def _result(context: JobContext, proposal: Proposal) -> Result:
    started = time.perf_counter()
    place = Place(context, proposal.id)
    scores = attempt(place, "the supernet", lambda: _scores(context, place, proposal))
    if isinstance(scores, Result):
        return scores
    return Result(
        proposal.id,
        ResultStatus.COMPLETED,
        cost_seconds=time.perf_counter() - started,
        steps_done=len(scores),
        payload={
            "scores": [_accuracy(found) for found in scores],
            "losses": [found.loss if isfinite(found.loss) else None for found in scores],
        },
    )


def _accuracy(found: Scores) -> float:
    return found.accuracy if isfinite(found.loss) else 0.0


def _scores(context: JobContext, place: Place, proposal: Proposal) -> list[Scores]:
    import torch

    from nas.registry import supernet_trainings
    from nas.supernets.architectures import calibration_batches, shared_score
    from nas.supernets.training import Surroundings
    from nas.training.environment import named_failures, reproducible, stream
    from nas.training.warm import warm_examples

    weights = place.inherited()
    if weights is None:
        raise TrialFailed(ResultStatus.CRASHED, "the supernet's weights are stored no more; train it again")
    task = SupernetTask.from_json(proposal.payload["task"])
    kind = supernet_trainings.get(task.training)
    config = kind.Config.parse(task.settings)
    device = torch.device(context.device)
    seed = context.training_seed(proposal.seed_id)
    examples = partial(warm_examples, context.setup.problem, device=device, cached=place.cached)
    scores: list[Scores] = []
    # Jobs of one search come with the same weights, which stay in the network whatever is scored with them.
    asked = f"{setup_key(context.setup)}:{task.training}:{sorted(task.settings.items())}"
    key = f"shared weights:{device}:{sha256(weights).hexdigest()}:{sha256(asked.encode()).hexdigest()}"

    def trained() -> SupernetTraining:
        made = kind(config, context.setup, Surroundings(examples("train"), examples("validation"), device, seed))
        made.load_weights(weights)
        return made

    with named_failures(device, config.batch_size), reproducible(device, seed):
        training = place.cached(key, trained)
        num_batches = int(proposal.payload["batches"])
        batches = calibration_batches(training.at.train, config.batch_size, num_batches, stream(seed, 0))
        total = len(proposal.payload["genotypes"])
        for serial, genotype in enumerate(proposal.payload["genotypes"]):
            if place.should_stop():
                raise Interrupted("stopped before the next architecture")
            found = shared_score(training, training.forward_of(genotype), batches)
            scores.append(found)
            costs = context.setup.cost(genotype).as_metrics()
            metrics = {"shared_accuracy": _accuracy(found), **costs}
            if isfinite(found.loss):
                metrics["shared_loss"] = found.loss
            place.commit(reported=(Reported(proposal.id, serial, genotype, metrics),))
            place.report(serial + 1, {"done": float(serial + 1), "total": float(total)})
    return scores
