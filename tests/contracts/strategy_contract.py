"""What every search strategy promises, written once. A subclass supplies `make`; `test_strategies.py` runs the registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from nas.core import strategy as core_strategy
from nas.core.errors import ConstraintLeavesNothing, ProtocolError, StateMismatch
from nas.core.estimator import Evaluation, EvaluationContext, EvaluationRequest
from nas.core.intervention import (
    AddArchitecture,
    ChangeConstraints,
    ForbidOperations,
    ForStrategy,
    Retry,
    intervention_from_json,
)
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import State, Strategy
from nas.core.view import View
from nas.jobs.evaluate import Evaluate
from nas.jobs.local import LocalContext
from tests.contracts import toys
from tests.contracts.toys import Ones, OnesConfig

Make = Callable[[SearchSetup], Strategy]

NUM_BITS = 24
"""Enough that chance draws nothing twice, few enough that strategies that learn a model of each bit stay quick."""

CUT_EVERY = 3
"""Steps from one cut to the next where cuts are not what a test is about: that any step may be cut has a test of its own."""

TRIES = 500
"""Draws after which nothing is left, instead of 5,000, where not one can be right."""

STEPS = 60
"""Long enough that every registered strategy, at its defaults, has left its first, random phase."""


def toy_setup(*, num_bits: int = NUM_BITS, **chosen: Any) -> SearchSetup:
    """The toy search of this suite; `chosen` as for `toys.toy_setup`."""
    return toys.toy_setup(num_bits=num_bits, **chosen)


def evaluated(strategy: Strategy, setup: SearchSetup, proposal: Proposal, tmp_path: Any) -> Result:
    """The real result of the real job, not told yet."""
    context = LocalContext("evaluate", setup, [proposal], folder=tmp_path)
    Evaluate().run(context)
    (result,) = context.results
    return result


def failed(proposal_id: int, status: ResultStatus = ResultStatus.CRASHED) -> Result:
    return Result(proposal_id, status, reason="made to fail")


class Flat(Ones):
    """An estimator to which every architecture is the same."""

    def evaluate(self, request: EvaluationRequest, context: EvaluationContext) -> Evaluation:
        return Evaluation({"accuracy": 0.5}, cost_seconds=1.0, steps_done=1, is_simulated=True)


class Driver:
    """Keeps up to `parallel` proposals out and tells them in an order of its own; all of it can be cut and taken up again."""

    def __init__(
        self,
        make: Make,
        setup: SearchSetup,
        tmp_path: Any,
        *,
        parallel: int = 1,
        fail_every: int = 0,
        fails_from: int = 0,
    ) -> None:
        self.make, self.setup, self.tmp_path = make, setup, tmp_path
        self.parallel, self.fail_every, self.fails_from = parallel, fail_every, fails_from
        self.strategy = make(setup)
        self.out: list[Proposal] = []
        self.asked: list[dict[str, Any]] = []
        self.record: list[tuple[int, str | None]] = []  # (how many were asked for, the result told after that, as JSON)
        self.turns = Generator(PCG64(99))  # which of those that are out ends next

    def step(self) -> None:
        """One result told, and the free slots filled again before it."""
        num_asked = self.parallel - len(self.out)
        new = self.strategy.ask(num_asked)
        self.asked += [proposal.as_json() for proposal in new]
        self.out += new
        if not self.out:
            self.record.append((num_asked, None))
            return
        proposal = self.out.pop(int(self.turns.integers(len(self.out))))
        if self.fail_every and proposal.id >= self.fails_from and proposal.id % self.fail_every == 0:
            result = failed(proposal.id)
        else:
            result = evaluated(self.strategy, self.setup, proposal, self.tmp_path)
        self.strategy.tell(proposal.id, result)
        self.record.append((num_asked, json.dumps(result.as_json())))

    def steps(self, num: int) -> Driver:
        for _ in range(num):
            self.step()
        return self

    def cut(self) -> None:
        """The strategy is thrown away and made anew from its stored state."""
        state = stored(self.strategy.state_dict())
        self.strategy = self.make(self.setup)
        self.strategy.load_state_dict(state)


def stored(state: State) -> State:
    """`state` as it comes back from storage: JSON without NaN, the order of keys lost, tensors copied."""
    data = json.loads(json.dumps(state.data, allow_nan=False, sort_keys=True))
    return State(state.version, data, {name: tensor.copy() for name, tensor in state.tensors.items()})


def exactly(state: State) -> tuple[Any, ...]:
    """`state` as something that can be compared: equal when every number is, to the last bit."""
    tensors = {name: (value.shape, str(value.dtype), value.tobytes()) for name, value in state.tensors.items()}
    return state.version, state.data, tensors


def sizes_of(state: State) -> tuple[int, int]:
    """Of its JSON in characters, of its tensors in bytes."""
    return len(json.dumps(state.data)), sum(tensor.nbytes for tensor in state.tensors.values())


def genotypes(asked: Iterable[dict[str, Any]]) -> list[Any]:
    return [proposal["genotype"] for proposal in asked]


def alone(make: Make, tmp_path: Any) -> Driver:
    """One proposal out at a time; first none fails, then every fifth."""
    return Driver(make, toy_setup(seed=7), tmp_path, fail_every=5, fails_from=STEPS // 2)


def busy(make: Make, tmp_path: Any) -> Driver:
    """Four proposals out at a time, as many failures."""
    return Driver(make, toy_setup(seed=21), tmp_path, parallel=4, fail_every=5, fails_from=STEPS // 2)


@dataclass(frozen=True)
class Searched:
    """A search that is carried out once, undisturbed, and that several tests look at.

    Attributes:
      driver: the search at its end.
      shown: the views after each of the first `STEPS` results.
      asked, views, state: what it had after `STEPS` results.
      written: that state as it was then, in a form that nobody can change.
    """

    driver: Driver
    shown: list[View]
    asked: list[dict[str, Any]]
    views: list[View]
    state: State
    written: tuple[str, tuple[Any, ...]]

    @classmethod
    def by(cls, driver: Driver, *, and_on: int = 0) -> Searched:
        shown: list[View] = []
        for _ in range(STEPS):
            shown += driver.steps(1).strategy.views()
        asked, views, state = list(driver.asked), driver.strategy.views(), driver.strategy.state_dict()
        written = unchangeable(state)
        return cls(driver.steps(and_on), shown, asked, views, state, written)


def unchangeable(state: State) -> tuple[str, tuple[Any, ...]]:
    """`state` in its own order of keys, and as it comes back from storage."""
    return json.dumps(state.data), exactly(stored(state))


@dataclass(frozen=True)
class LongRun:
    """In which a state that grows with each result outgrows what it was once it had settled."""

    make: Make
    settled: int = 200  # results after which whatever it remembers is full
    num_results: int = 1_500
    cycle: int = 300  # results in which it comes round: a generation, all of the brackets, a window


def _sizes_in(driver: Driver, num: int) -> tuple[float, float]:
    """What nine tenths of the sizes of the state in the next `num` steps keep to: generations and brackets fill up and are
    emptied, and one bracket more that waits long for its last result is chance."""
    sizes = [sizes_of(driver.steps(3).strategy.state_dict()) for _ in range(num // 3)]
    json_size, num_bytes = np.quantile(sizes, 0.9, axis=0)
    return float(json_size), float(num_bytes)


class StrategyContract:
    """A class that keeps it has a fixture `make`, of its own scope: the strategy it is about, for a setup."""

    @pytest.fixture(scope="class")
    @classmethod
    def searched_alone(cls, make: Make, tmp_path_factory: pytest.TempPathFactory) -> Searched:
        return Searched.by(alone(make, tmp_path_factory.mktemp("alone")))

    @pytest.fixture(scope="class")
    @classmethod
    def searched_busily(cls, make: Make, tmp_path_factory: pytest.TempPathFactory) -> Searched:
        return Searched.by(busy(make, tmp_path_factory.mktemp("busy")), and_on=STEPS)

    # --- proposals -------------------------------------------------------------------------------------------------

    def test_proposals_lie_in_the_space_and_count_from_zero(self, searched_busily: Searched) -> None:
        asked, space = searched_busily.driver.asked, searched_busily.driver.setup.space
        assert [proposal["id"] for proposal in asked] == list(range(len(asked)))
        assert len(asked) >= 2 * STEPS
        for genotype in genotypes(asked):
            assert space.validate(genotype) == genotype
        assert all(parent < proposal["id"] for proposal in asked for parent in proposal["parents"])

    def test_it_asks_for_no_more_than_it_may(self, make: Make) -> None:
        strategy = make(toy_setup())
        assert strategy.ask(0) == []
        assert 1 <= len(strategy.ask(3)) <= 3
        with pytest.raises(ProtocolError):
            strategy.ask(-1)

    def test_another_seed_and_another_replica_differ(self, make: Make, tmp_path: Any, searched_alone: Searched) -> None:
        num = STEPS // 3
        others = [
            genotypes(Driver(make, toy_setup(seed=seed, replica=replica), tmp_path).steps(num).asked[:num])
            for seed, replica in ((8, 0), (7, 1))
        ]
        first = genotypes(searched_alone.asked[:num])
        assert first != others[0] != others[1] != first

    def test_ties_do_not_disturb_the_sequence(self, make: Make, tmp_path: Any) -> None:
        """A constant objective: nothing but the seed may decide between equals."""
        flat = toy_setup(seed=3, estimator=Flat(OnesConfig()))
        first = Driver(make, flat, tmp_path, parallel=3).steps(STEPS).asked
        assert first == Driver(make, flat, tmp_path, parallel=3).steps(STEPS).asked
        assert len({json.dumps(genotype) for genotype in genotypes(first)}) > STEPS // 4

    # --- state -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("driver_of", [alone, busy])
    def test_cut_at_every_step_the_rest_is_the_same(
        self,
        make: Make,
        tmp_path: Any,
        driver_of: Callable[[Make, Any], Driver],
        searched_alone: Searched,
        searched_busily: Searched,
    ) -> None:
        """Of the busy one, every cut falls while proposals are out."""
        whole = {alone: searched_alone, busy: searched_busily}[driver_of]
        cut = driver_of(make, tmp_path)
        for _ in range(STEPS):
            cut.step()
            cut.cut()
        assert cut.asked == whole.asked
        assert cut.strategy.views() == whole.views
        assert exactly(stored(cut.strategy.state_dict())) == whole.written[1]

    def test_replaying_the_record_gives_the_same_proposals(self, make: Make, searched_busily: Searched) -> None:
        """How many were asked for and which result was told next is all that a replay needs."""
        driver = searched_busily.driver
        again = make(driver.setup)
        repeated: list[dict[str, Any]] = []
        for num_asked, told in driver.record:
            repeated += [proposal.as_json() for proposal in again.ask(num_asked)]
            if told is not None:
                result = Result.from_json(json.loads(told))
                again.tell(result.proposal_id, result)
        assert repeated == driver.asked
        assert exactly(stored(again.state_dict())) == exactly(stored(driver.strategy.state_dict()))

    def test_a_stored_state_does_not_change_when_its_writer_goes_on(self, searched_busily: Searched) -> None:
        assert unchangeable(searched_busily.state) == searched_busily.written

    @pytest.fixture
    def long_run(self, make: Make) -> LongRun:
        return LongRun(make)

    def test_state_stays_bounded(self, tmp_path: Any, long_run: LongRun) -> None:
        """After many more results neither its JSON nor its numbers in bulk take more room than once it had settled."""
        driver = Driver(long_run.make, toy_setup(), tmp_path, parallel=2).steps(long_run.settled)
        early = _sizes_in(driver, long_run.cycle)
        late = _sizes_in(driver.steps(long_run.num_results - long_run.settled - 2 * long_run.cycle), long_run.cycle)
        assert late[0] <= 1.1 * early[0]  # proposals' numbers have a digit more
        assert late[1] <= 1.1 * early[1]

    @pytest.mark.parametrize(
        "damage", [{"version": 999}, {"own": None}, {"pending": 3}, {"next_id": "x"}, {"space": ""}]
    )
    def test_a_state_that_is_not_its_own_is_refused(self, make: Make, tmp_path: Any, damage: dict[str, Any]) -> None:
        state = Driver(make, toy_setup(), tmp_path).steps(3).strategy.state_dict()
        version = damage.get("version", state.version)
        broken = State(version, {**state.data, **damage}, state.tensors)
        with pytest.raises(StateMismatch):
            make(toy_setup()).load_state_dict(broken)

    # --- results ---------------------------------------------------------------------------------------------------

    def test_late_failed_and_out_of_order_results_are_accepted(self, make: Make, tmp_path: Any) -> None:
        setup = toy_setup(seed=5)
        strategy = make(setup)
        late = strategy.ask(1)[0]
        driver = Driver(make, setup, tmp_path, parallel=6, fail_every=4)
        driver.strategy = strategy
        driver.steps(STEPS)
        strategy.tell(late.id, evaluated(strategy, setup, late, tmp_path))
        assert driver.steps(5).out  # it goes on

    @pytest.mark.parametrize("status", [status for status in ResultStatus if not status.is_ok])
    def test_it_survives_a_run_in_which_everything_fails(self, make: Make, status: ResultStatus) -> None:
        strategy = make(toy_setup())
        for _ in range(STEPS):
            (proposal,) = strategy.ask(1)
            strategy.tell(proposal.id, failed(proposal.id, status))

    def test_double_and_unknown_tells_are_refused(self, make: Make, tmp_path: Any) -> None:
        setup = toy_setup()
        strategy = make(setup)
        (proposal,) = strategy.ask(1)
        result = evaluated(strategy, setup, proposal, tmp_path)
        before = exactly(stored(strategy.state_dict()))
        with pytest.raises(ProtocolError, match="never asked for"):
            strategy.tell(17, failed(17))
        with pytest.raises(ProtocolError, match="result of proposal 17"):
            strategy.tell(proposal.id, failed(17))
        assert exactly(stored(strategy.state_dict())) == before  # a refused tell leaves no trace
        strategy.tell(proposal.id, result)
        with pytest.raises(ProtocolError, match="already told"):
            strategy.tell(proposal.id, result)

    def test_it_never_learns_from_a_test_metric(self, make: Make, searched_alone: Searched) -> None:
        """Told test metrics that say the opposite, it does what it would have done without."""
        honest = searched_alone.driver
        strategy = make(honest.setup)
        asked = []
        for num_asked, told in honest.record:
            asked += [proposal.as_json() for proposal in strategy.ask(num_asked)]
            if told is not None:
                result = json.loads(told)
                if "accuracy" in result["metrics"]:
                    result["metrics"]["test_accuracy"] = 1 - result["metrics"]["accuracy"]
                strategy.tell(result["proposal_id"], Result.from_json(result))
        assert asked == honest.asked
        assert "test_" not in json.dumps([strategy.state_dict().data, [view.as_json() for view in strategy.views()]])

    def test_views_are_plain_json(self, searched_alone: Searched, searched_busily: Searched) -> None:
        for view in (*searched_alone.shown, *searched_busily.shown):
            assert json.loads(json.dumps(view.as_json(), allow_nan=False)) == view.as_json()

    # --- people ----------------------------------------------------------------------------------------------------

    def test_interventions_survive_cut_and_replay(self, make: Make, tmp_path: Any) -> None:
        setup = toy_setup(seed=17)

        def run(*, cut: bool) -> list[dict[str, Any]]:
            driver = Driver(make, setup, tmp_path, parallel=2, fail_every=6)

            def go(num: int) -> None:
                for step in range(num):
                    driver.step()
                    # The short stretches around a change are cut at every step.
                    if cut and (num < STEPS or step % CUT_EVERY == 0):
                        driver.cut()

            go(10)
            retried = Proposal.from_json(driver.asked[6])
            for change in (
                Retry((retried,)),
                AddArchitecture({"bits": "1" * NUM_BITS}),
                ChangeConstraints((Constraint.from_text("params<=300"),)),
            ):
                driver.strategy.intervene(intervention_from_json(json.loads(json.dumps(change.as_json()))))
                if cut:
                    driver.cut()
            go(STEPS)
            return driver.asked

        whole = run(cut=False)
        assert run(cut=True) == whole
        (retry,) = [proposal for proposal in whole if proposal["operator"] == "retry"]
        assert (retry["genotype"], retry["parents"]) == (whole[6]["genotype"], [6])
        (added,) = [proposal for proposal in whole if proposal["operator"] == "added"]
        assert added["genotype"] == {"bits": "1" * NUM_BITS}
        later = [proposal["genotype"] for proposal in whole if proposal["id"] > added["id"]]
        assert later
        assert all(setup.cost(genotype).params <= 300 for genotype in later)

    @pytest.mark.parametrize("seed", range(3))
    def test_new_rules_hold_from_any_moment_on(self, make: Make, tmp_path: Any, seed: int) -> None:
        """Units are forbidden, a cost is limited and all is allowed again, each at a random moment. What is proposed obeys,
        promotions included; it is the same when the record is replayed and cut again and again."""
        chance = Generator(PCG64(seed))
        moments = [int(moment) for moment in chance.integers(3, STEPS // 2, size=3)]
        forbidden = tuple(sorted(f"unit{place}" for place in chance.choice(NUM_BITS, size=4, replace=False)))
        changes: list[ForStrategy] = [
            ForbidOperations(forbidden),
            ChangeConstraints((Constraint.from_text(f"params<={int(chance.integers(180, 260))}"),)),
            ForbidOperations(()),
        ]
        setup = toy_setup(seed=seed)

        driver = Driver(make, setup, tmp_path, parallel=3, fail_every=7)
        record = []
        for moment, change in zip(moments, changes, strict=True):
            driver.steps(moment)
            record.append((len(driver.record), len(driver.asked), change))
            driver.strategy.intervene(intervention_from_json(json.loads(json.dumps(change.as_json()))))
        driver.steps(5)
        (_, from_first, _), (_, from_second, _), (_, from_third, _) = record
        assert from_first < from_second
        for proposal in driver.asked[from_first:from_third]:
            assert not setup.space.operations_of(proposal["genotype"]) & set(forbidden)
        for proposal in driver.asked[from_second:]:
            (limit,) = changes[1].constraints
            assert limit.is_met(setup.cost(proposal["genotype"]).params)

        again, repeated = make(setup), []
        due = {at: change for at, _, change in record}
        for step, (num_asked, told) in enumerate(driver.record):
            if step in due:
                again.intervene(due[step])
            repeated += [proposal.as_json() for proposal in again.ask(num_asked)]
            if told is not None:
                result = Result.from_json(json.loads(told))
                again.tell(result.proposal_id, result)
            if step <= record[-1][0] and (step in due or step % CUT_EVERY == 0):
                state = stored(again.state_dict())
                again = make(setup)
                again.load_state_dict(state)
        assert repeated == driver.asked
        assert exactly(stored(again.state_dict())) == exactly(stored(driver.strategy.state_dict()))

    def test_it_goes_on_when_everything_it_knows_is_forbidden(self, make: Make, tmp_path: Any) -> None:
        """Of the architectures so far not one does without: none of them breeds, and the search does not come to an end."""
        _, num_asked = self.after_everything_is_forbidden(make, tmp_path)
        assert num_asked >= 20

    def after_everything_is_forbidden(self, make: Make, tmp_path: Any) -> tuple[Strategy, int]:
        """The strategy, and how many proposals it made since; none of them has what is forbidden."""
        setup = toy_setup(seed=2)
        driver = Driver(make, setup, tmp_path, parallel=3).steps(STEPS)
        forbidden = tuple(f"unit{place}" for place in range(NUM_BITS - 8))
        driver.strategy.intervene(ForbidOperations(forbidden))
        before = len(driver.asked)
        driver.steps(25)
        for proposal in driver.asked[before:]:
            assert not setup.space.operations_of(proposal["genotype"]) & set(forbidden)
        return driver.strategy, len(driver.asked) - before

    def test_what_people_ask_for_is_done_before_it_is_done(self, make: Make) -> None:
        strategy = make(toy_setup(num_bits=1))
        strategy.intervene(AddArchitecture({"bits": "0"}))
        assert not strategy.done()
        assert strategy.ask(1)[0].operator == "added"

    def test_an_impossible_constraint_raises_and_names_itself(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(core_strategy, "MAX_TRIES", TRIES)
        strategy = make(toy_setup(constraints=("params<=1",)))
        with pytest.raises(ConstraintLeavesNothing, match="params <= 1"):
            strategy.ask(1)

    def test_a_constraint_that_becomes_impossible_loses_no_proposal(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was asked for before the draw that failed is handed out; the next call raises."""
        monkeypatch.setattr(core_strategy, "MAX_TRIES", TRIES)
        strategy = make(toy_setup())
        strategy.intervene(AddArchitecture({"bits": "0" * NUM_BITS}))
        strategy.intervene(ChangeConstraints((Constraint.from_text("params<=1"),)))
        assert [proposal.operator for proposal in strategy.ask(4)] == ["added"]
        with pytest.raises(ConstraintLeavesNothing):
            strategy.ask(4)
        strategy.tell(0, failed(0))
