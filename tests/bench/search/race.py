"""One search of one arm with one seed, until its budget is spent; its course as plain numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from nas.core.budget import Budget
from nas.core.estimator import EvaluationRequest
from nas.core.proposal import Proposal
from nas.core.randomness import training_seed
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from tests.bench.search.arms import strategy_of
from tests.bench.search.grounds import Ground


@dataclass(frozen=True, slots=True)
class Course:
    """What happened, evaluation by evaluation.

    Attributes:
      cost: spent after each evaluation, in the ground's unit; the one that would pass the budget is not counted.
      accuracy: best validation accuracy until then.
      test_accuracy: of the architecture that was best at the end, measured once, after the search.
      has_ended: the strategy had nothing more to propose before the budget was spent.
    """

    arm: str
    seed: int
    cost: list[float]
    accuracy: list[float]
    test_accuracy: float
    num_failed: int
    has_ended: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Silent:
    """An EvaluationContext with nobody at the other end."""

    def report(self, step: int, metrics: Any) -> None: ...

    def should_stop(self) -> bool:
        return False

    def load(self) -> bytes | None:
        return None

    def save(self, checkpoint: bytes) -> None: ...

    def cached(self, key: str, make: Any) -> Any:
        return make()


def race(ground: Ground, arm: str, seed: int) -> Course:
    """Same arm, same seed, same course."""
    name, config = strategy_of(arm)
    specification = ground.specification(name, config, seed)
    setup = ground.setup(specification)
    strategy = specification.strategy_for(setup)
    spent, best, num_failed, has_ended = 0.0, 0.0, 0, True
    winner: Proposal | None = None
    costs: list[float] = []
    bests: list[float] = []
    trained: dict[int, int] = {}
    for finished in search(strategy, setup, Budget(trials=1_000_000)):
        proposal, result = finished.proposal, finished.result
        before = trained.get(proposal.continues, 0) if proposal.continues is not None else 0
        trained[proposal.id] = result.steps_done
        spent += ground.cost(result, before)
        if spent > ground.budget:
            has_ended = False
            break
        num_failed += not result.status.is_ok
        if result.status.is_ok and result.metrics["accuracy"] > best:
            best, winner = result.metrics["accuracy"], proposal
        costs.append(spent)
        bests.append(best)
    return Course(arm, seed, costs, bests, _tested(setup, winner), num_failed, has_ended)


def _tested(setup: SearchSetup, winner: Proposal | None) -> float:
    if winner is None or winner.genotype is None:
        return 0.0
    seed = training_seed(setup.run_seed, setup.replica, winner.seed_id)
    request = EvaluationRequest(
        setup.space, setup.problem, winner.genotype, seed, fidelity=winner.fidelity, with_test=True
    )
    return float(setup.estimator.evaluate(request, Silent()).metrics["test_accuracy"])
