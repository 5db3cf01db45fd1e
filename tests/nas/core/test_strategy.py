"""What `AskTell` does for every strategy beyond the contract: failures counted and bounded, requirements checked."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from nas.core import strategy as module
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig, ProtocolError, StateMismatch
from nas.core.intervention import AddArchitecture, intervention_from_json
from nas.core.proposal import Proposal
from nas.core.result import Result, ResultStatus
from nas.core.space import Mutable
from nas.core.strategy import State
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import BitsConfig, BitStrings, toy_setup


def random_search(**setup: Any) -> RandomSearch:
    return RandomSearch(RandomSearchConfig(), toy_setup(**setup))


def fail(strategy: RandomSearch, status: ResultStatus = ResultStatus.CRASHED) -> Proposal:
    (proposal,) = strategy.ask(1)
    strategy.tell(proposal.id, Result(proposal.id, status, reason="made to fail"))
    return proposal


def test_an_architecture_that_failed_three_times_is_not_drawn_again() -> None:
    strategy = random_search(num_bits=1)
    drawn = [fail(strategy) for _ in range(5)]  # two architectures, so one has failed three times
    counts = {bits: sum(p.genotype == {"bits": bits} for p in drawn) for bits in "01"}
    (dead,) = [bits for bits, count in counts.items() if count == 3]
    (last,) = strategy.ask(1)
    assert last.genotype != {"bits": dead}


def test_when_every_architecture_failed_it_says_so_instead_of_hanging() -> None:
    strategy = random_search(num_bits=1)
    for _ in range(6):
        fail(strategy)
    with pytest.raises(ConstraintLeavesNothing, match="failed 3 times"):
        strategy.ask(1)


@pytest.mark.parametrize("status", [ResultStatus.INFEASIBLE, ResultStatus.CANCELLED])
def test_an_end_that_is_not_the_architectures_fault_does_not_count(status: ResultStatus) -> None:
    strategy = random_search(num_bits=1)
    for _ in range(20):
        fail(strategy, status)


def test_a_person_may_still_add_an_architecture_that_keeps_failing() -> None:
    strategy = random_search(num_bits=1)
    for _ in range(6):
        fail(strategy)
    strategy.intervene(AddArchitecture({"bits": "0"}))
    assert strategy.ask(1)[0].genotype == {"bits": "0"}


def test_counted_failures_stay_bounded_and_forget_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_FAILURES", 10)
    strategy = random_search()
    failed = [fail(strategy).genotype for _ in range(25)]
    assert strategy.state_dict().data["failures"] == [[genotype["bits"], 1] for genotype in failed[-10:] if genotype]


def test_failures_survive_a_restore() -> None:
    strategy = random_search(num_bits=1)
    for _ in range(6):
        fail(strategy)
    restored = random_search(num_bits=1)
    restored.load_state_dict(strategy.state_dict())
    with pytest.raises(ConstraintLeavesNothing):
        restored.ask(1)


def test_a_space_without_what_the_strategy_requires_is_refused() -> None:
    class NeedsMutation(RandomSearch):
        requires: ClassVar[tuple[type, ...]] = (Mutable,)

    class Rigid(BitStrings):
        mutate = None  # type: ignore[assignment]  # as if it were not there

    with pytest.raises(InvalidConfig, match="needs a space that is mutable"):
        NeedsMutation(RandomSearchConfig(), toy_setup(space=Rigid(BitsConfig())))


def test_a_completed_result_without_the_objective_is_refused() -> None:
    strategy = random_search()
    strategy.ask(1)
    with pytest.raises(ProtocolError, match="lacks accuracy"):
        strategy.tell(0, Result(0, ResultStatus.COMPLETED, metrics={"loss": 1.0}))


def test_the_state_of_another_space_is_refused() -> None:
    with pytest.raises(StateMismatch, match="belongs to"):
        random_search(num_bits=9).load_state_dict(random_search(num_bits=8).state_dict())


def test_a_stored_constraint_that_cannot_be_read_is_a_state_mismatch() -> None:
    state = random_search().state_dict()
    with pytest.raises(StateMismatch, match="cannot be read"):
        random_search().load_state_dict(State(state.version, {**state.data, "constraints": [{"metric": "nonsense"}]}))


def test_an_added_architecture_is_checked_at_once() -> None:
    with pytest.raises(Exception, match="100 characters"):
        random_search().intervene(AddArchitecture({"bits": "01"}))


def test_an_unknown_intervention_is_refused() -> None:
    with pytest.raises(StateMismatch, match="no intervention"):
        intervention_from_json({"kind": "wish"})
