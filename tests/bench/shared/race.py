"""One search from nothing to trained architectures, and random search that may spend as much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from nas.core.budget import Budget
from nas.core.estimator import EvaluationRequest
from nas.core.proposal import EVALUATE, Proposal
from nas.core.randomness import training_seed
from nas.core.setup import SearchSetup
from nas.jobs.local import Finished, search
from tests.bench.search.race import Silent
from tests.bench.shared.arms import Arm
from tests.bench.shared.grounds import setup_of, specification


@dataclass(frozen=True, slots=True)
class Outcome:
    """Accuracies are fractions; `seconds` is processor time. `validation` is that of the training from scratch."""

    seconds: float
    trainings: int
    validation: float
    test: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def shared(ground: str, arm: Arm, seed: int) -> Outcome:
    """The search with shared weights; its best architecture trained from scratch is tested once, afterwards."""
    wanted = specification(ground, arm.space, arm.strategy, arm.config, seed)
    setup = setup_of(wanted)
    begun = time.process_time()
    finished = list(search(wanted.strategy_for(setup), setup, Budget(trials=1_000_000)))
    return _outcome(setup, finished, time.process_time() - begun)


def random_within(ground: str, space: str, seed: int, seconds: float) -> Outcome:
    """Random search that begins no training once `seconds` are spent; the one that was begun is finished and counts."""
    wanted = specification(ground, space, "random", {}, seed)
    setup = setup_of(wanted)
    begun = time.process_time()
    finished: list[Finished] = []
    trained: Iterator[Finished] = search(wanted.strategy_for(setup), setup, Budget(trials=1_000_000))
    while time.process_time() - begun < seconds:
        finished.append(next(trained))
    return _outcome(setup, finished, time.process_time() - begun)


def _outcome(setup: SearchSetup, finished: list[Finished], seconds: float) -> Outcome:
    trained = [one for one in finished if one.proposal.kind == EVALUATE and one.result.status.is_ok]
    if not trained:
        reasons = "; ".join(one.result.reason for one in finished if one.result.reason)
        raise RuntimeError(f"nothing was trained from scratch: {reasons}")
    best = max(trained, key=lambda one: one.result.metrics["accuracy"])
    return Outcome(seconds, len(trained), best.result.metrics["accuracy"], _tested(setup, best.proposal))


def _tested(setup: SearchSetup, winner: Proposal) -> float:
    assert winner.genotype is not None  # it was evaluated
    seed = training_seed(setup.run_seed, setup.replica, winner.seed_id)
    request = EvaluationRequest(setup.space, setup.problem, winner.genotype, seed, with_test=True)
    return float(setup.estimator.evaluate(request, Silent()).metrics["test_accuracy"])
