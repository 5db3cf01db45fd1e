"""The job kind `evaluate`: every way in which one evaluation can end, and that none of them takes the others with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from nas.core.errors import Interrupted, InvalidConfig, LeaseLost, TrialFailed
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest
from nas.core.proposal import Proposal
from nas.core.randomness import training_seed
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.jobs.evaluate import Evaluate
from nas.jobs.local import LocalContext
from tests.contracts.toys import Ones, OnesConfig, toy_setup

GOOD, BAD = {"bits": "10" * 50}, {"bits": "1" * 100}


class Scripted(Ones):
    """The toy estimator; on the architecture BAD it does what the test wants, else it counts the ones."""

    is_simulated = False

    def __init__(self, on_bad: Callable[[EvaluationRequest, EvaluationContext], Evaluation]) -> None:
        super().__init__(OnesConfig())
        self.on_bad = on_bad
        self.seen: list[EvaluationRequest] = []

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        self.seen.append(request)
        if request.genotype == BAD:
            return self.on_bad(request, context)
        return super().evaluate(request, context)


def raises(error: BaseException) -> Callable[[EvaluationRequest, EvaluationContext], Evaluation]:
    def evaluate(request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        raise error

    return evaluate


def delivers(metrics: Mapping[str, float]) -> Callable[[EvaluationRequest, EvaluationContext], Evaluation]:
    return lambda request, context: Evaluation(metrics, cost_seconds=2.5, steps_done=4)


def context_for(setup: SearchSetup, *genotypes: dict[str, Any], folder: Path, **place: Any) -> LocalContext:
    proposals = [Proposal(i, genotype) for i, genotype in enumerate(genotypes)]
    return LocalContext("evaluate", setup, proposals, folder=folder, **place)


def results_of(on_bad: Callable[..., Evaluation], folder: Path, **setup: Any) -> list[Result]:
    context = context_for(toy_setup(estimator=Scripted(on_bad), **setup), BAD, GOOD, folder=folder)
    Evaluate().run(context)
    return context.results


def test_a_completed_trial_has_its_metrics_and_its_closed_form_costs(tmp_path: Path) -> None:
    setup = toy_setup(estimator=Scripted(delivers({"accuracy": 0.75, "params": 1.0})))
    context = context_for(setup, BAD, folder=tmp_path)
    Evaluate().run(context)
    (result,) = context.results
    assert result.status is ResultStatus.COMPLETED
    assert result.metrics == {"accuracy": 0.75, **setup.cost(BAD).as_metrics()}  # what is closed form wins
    assert (result.cost_seconds, result.steps_done, result.is_simulated) == (2.5, 4, False)
    assert context.proposals == []


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (TrialFailed(ResultStatus.DIVERGED, "the loss became NaN"), ResultStatus.DIVERGED, "the loss became NaN"),
        (TrialFailed(ResultStatus.TIMED_OUT, "too slow"), ResultStatus.TIMED_OUT, "too slow"),
        (MemoryError(), ResultStatus.OUT_OF_MEMORY, "memory was not enough"),
        (ZeroDivisionError("by\nzero"), ResultStatus.CRASHED, "crashed: ZeroDivisionError: by zero"),
        (InvalidConfig.at("fidelity.epochs", "too many"), ResultStatus.CRASHED, "fidelity.epochs: too many"),
    ],
)
def test_a_failure_is_named_and_the_next_architecture_has_its_turn(
    error: Exception, status: ResultStatus, reason: str, tmp_path: Path
) -> None:
    bad, good = results_of(raises(error), tmp_path)
    assert bad.status is status
    assert reason in bad.reason
    assert bad.metrics["params"] > 0  # what it would have cost is known
    assert bad.cost_seconds > 0
    assert ("Traceback" in bad.detail) == (not isinstance(error, TrialFailed))
    assert good.status is ResultStatus.COMPLETED


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_metric_that_is_no_number_means_diverged(value: float, tmp_path: Path) -> None:
    bad, _ = results_of(delivers({"accuracy": 0.1, "loss": value}), tmp_path)
    assert (bad.status, "loss" in bad.reason) == (ResultStatus.DIVERGED, True)
    assert bad.metrics["accuracy"] == 0.1


def test_an_estimator_that_forgets_the_objective_is_found_out(tmp_path: Path) -> None:
    bad, _ = results_of(delivers({"loss": 0.5}), tmp_path)
    assert bad.status is ResultStatus.CRASHED
    assert "did not deliver accuracy" in bad.reason


def test_a_broken_cost_constraint_is_told_without_any_evaluation(tmp_path: Path) -> None:
    estimator = Scripted(raises(AssertionError("must not be called")))
    setup = toy_setup(estimator=estimator, constraints=("params<=1500", "macs<=1600"))
    context = context_for(setup, BAD, GOOD, folder=tmp_path)
    Evaluate().run(context)
    bad, good = context.results
    assert bad.status is ResultStatus.INFEASIBLE
    assert (
        bad.reason == "params is 2,023, the constraint is params <= 1500; macs is 2,023, the constraint is macs <= 1600"
    )
    assert bad.metrics == setup.cost(BAD).as_metrics()
    assert bad.cost_seconds == 0
    assert good.status is ResultStatus.COMPLETED
    assert [request.genotype for request in estimator.seen] == [GOOD]


def test_a_broken_measured_constraint_still_completes(tmp_path: Path) -> None:
    _, good = results_of(raises(MemoryError()), tmp_path, constraints=("latency_ms<=1",))
    assert (good.status, good.metrics["latency_ms"]) == (ResultStatus.COMPLETED, 5.0)


def test_the_estimator_gets_what_belongs_to_the_proposal(tmp_path: Path) -> None:
    estimator = Scripted(raises(MemoryError()))
    setup = toy_setup(seed=5, replica=2, estimator=estimator, constraints=("latency_ms<=9",))
    proposals = [Proposal(7, GOOD, fidelity={"epochs": 3})]
    Evaluate().run(LocalContext("evaluate", setup, proposals, folder=tmp_path, device="cuda:1"))
    (request,) = estimator.seen
    assert request.seed == training_seed(5, 2, 7)
    assert (request.device, request.fidelity, request.with_test) == ("cuda:1", {"epochs": 3}, False)
    assert request.wanted == {"accuracy", "latency_ms"}


@pytest.mark.parametrize("error", [Interrupted("asked to stop"), LeaseLost("another worker has it")])
def test_an_interruption_leaves_the_proposal_open_and_keeps_what_was_done(error: Exception, tmp_path: Path) -> None:
    setup = toy_setup(estimator=Scripted(raises(error)))
    context = context_for(setup, GOOD, BAD, GOOD, folder=tmp_path)
    with pytest.raises(type(error)):
        Evaluate().run(context)
    assert [result.proposal_id for result in context.results] == [0]
    assert [proposal.id for proposal in context.proposals] == [1, 2]


def test_a_stop_between_two_architectures_is_noticed(tmp_path: Path) -> None:
    context = context_for(toy_setup(), GOOD, GOOD, folder=tmp_path, should_stop=lambda: bool(context.results))
    with pytest.raises(Interrupted):
        Evaluate().run(context)
    assert len(context.results) == 1


@pytest.mark.parametrize("call", ["report", "should_stop", "load", "save"])
def test_a_fault_of_the_place_ends_the_job_and_is_not_blamed_on_the_architecture(call: str, tmp_path: Path) -> None:
    """A database that is gone says nothing about the architecture: no result, so the work is done again."""
    gone = ConnectionError("the database is gone")

    class Broken(LocalContext):
        is_broken = False

        def report(self, proposal_id: int, step: int, metrics: Mapping[str, float]) -> None:
            self._break("report")

        def should_stop(self) -> bool:
            self._break("should_stop")
            return False

        def checkpoint(self, proposal_id: int) -> bytes | None:
            self._break("load")
            return None

        def commit(self, **committed: Any) -> None:
            if committed.get("checkpoint"):
                self._break("save")
            super().commit(**committed)

        def _break(self, called: str) -> None:
            if self.is_broken and called == call:
                raise gone

    def use_the_place(request: EvaluationRequest, place: EvaluationContext) -> Evaluation:
        context.is_broken = True
        try:
            place.report(1, {})
            place.should_stop()
            place.load()
            place.save(b"weights")
        except ConnectionError as error:
            raise RuntimeError("the estimator dresses it up") from error
        raise AssertionError("the place was not used")

    setup = toy_setup(estimator=Scripted(use_the_place))
    context = Broken("evaluate", setup, [Proposal(0, BAD)], folder=tmp_path)
    with pytest.raises(ConnectionError):
        Evaluate().run(context)
    assert context.results == []


def test_a_checkpoint_is_found_again_by_the_next_attempt_and_by_what_continues_it(tmp_path: Path) -> None:
    loaded: list[bytes | None] = []

    def train(request: EvaluationRequest, place: EvaluationContext) -> Evaluation:
        loaded.append(place.load())
        place.save(b"half way")
        raise Interrupted("asked to stop")

    setup = toy_setup(estimator=Scripted(train))
    promoted = Proposal(1, BAD, continues=0)
    for proposal in (Proposal(0, BAD), Proposal(0, BAD), promoted, Proposal(2, BAD)):
        with pytest.raises(Interrupted):
            Evaluate().run(LocalContext("evaluate", setup, [proposal], folder=tmp_path))
    assert loaded == [None, b"half way", b"half way", None]


def test_curves_carry_the_proposal_they_belong_to(tmp_path: Path) -> None:
    points: list[tuple[int, int]] = []
    context = context_for(
        toy_setup(),
        GOOD,
        GOOD,
        folder=tmp_path,
        on_curve=lambda proposal_id, step, _: points.append((proposal_id, step)),
    )
    Evaluate().run(context)
    assert points == [(0, 1), (1, 1)]
