"""Inheriting weights: who inherits from whom, which networks are kept for it, and where it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture, Retry
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.strategies.aging_evolution import AgingEvolution, AgingEvolutionConfig
from nas.strategies.sampled_evolution import SampledEvolution
from nas.strategies.tournament import Tournament, TournamentConfig
from tests.contracts.strategy_contract import Driver, exactly, stored
from tests.contracts.toys import Ones, OnesConfig, toy_setup
from tests.nas.strategies.populations import fail, full, shown, tell

KINDS = ("aging_evolution", "tournament")
SIZES = {"population_size": 4, "sample_size": 2}


class Trains(Ones):
    """The toy estimator, as if it trained networks."""

    inherits_weights = True


def setup(seed: int = 0) -> SearchSetup:
    return toy_setup(seed=seed, num_bits=24, estimator=Trains(OnesConfig()))


def made(kind: str, where: SearchSetup | None = None, **settings: Any) -> SampledEvolution:
    chosen = {**SIZES, "inherit_weights": True, **settings}
    if kind == "tournament":
        return Tournament(TournamentConfig.parse(chosen), where or setup())
    return AgingEvolution(AgingEvolutionConfig.parse(chosen), where or setup())


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_inherits_from_its_parent_and_every_network_is_kept(kind: str) -> None:
    strategy = made(kind)
    first = full(strategy, [0.1, 0.2, 0.3, 0.4])
    (child,) = strategy.ask(1)
    assert [p.inherits for p in first] == [None] * 4
    assert child.inherits == child.parents[0]
    assert {p.keeps_network for p in (*first, child)} == {True}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_off_by_default(kind: str) -> None:
    strategy = made(kind, inherit_weights=False)
    proposals = [*full(strategy, [0.1, 0.2, 0.3, 0.4]), *strategy.ask(1)]
    assert {(p.inherits, p.keeps_network) for p in proposals} == {(None, False)}
    assert strategy.checkpoints_needed() is None
    assert type(strategy.config)().inherit_weights is False


def test_of_two_parents_the_first_gives_its_weights() -> None:
    strategy = made("aging_evolution", crossover_probability=1.0)
    full(strategy, [0.1, 0.2, 0.3, 0.4])
    crossed = [child for child in strategy.ask(20) if len(child.parents) == 2]
    assert crossed
    assert all(child.inherits == child.parents[0] for child in crossed)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_of_the_living_and_of_parents_in_use_are_needed(kind: str) -> None:
    strategy = made(kind)
    full(strategy, [0.1, 0.2, 0.3, 0.4])
    assert strategy.checkpoints_needed() == {0, 1, 2, 3}
    first, second = strategy.ask(2)
    for _ in range(12):  # until the first child's parent is long dead
        (child,) = strategy.ask(1)
        tell(strategy, child, 0.99)
    assert first.inherits not in shown(strategy)["id"]
    living = set(shown(strategy)["id"])
    assert strategy.checkpoints_needed() == living | {first.inherits, second.inherits}
    fail(strategy, first)
    tell(strategy, second, 0.0)
    assert strategy.checkpoints_needed() == set(shown(strategy)["id"])


def test_what_people_ask_for_is_kept_and_inherits_as_before() -> None:
    strategy = made("aging_evolution")
    full(strategy, [0.1, 0.2, 0.3, 0.4])
    (child,) = strategy.ask(1)
    fail(strategy, child)
    strategy.intervene(AddArchitecture({"bits": "1" * 24}))
    strategy.intervene(Retry((child,)))
    assert child.inherits in (strategy.checkpoints_needed() or ())  # its turn comes
    added, again = strategy.ask(2)
    assert (added.operator, added.inherits, added.keeps_network) == ("added", None, True)
    assert (again.operator, again.inherits, again.keeps_network) == ("retry", child.inherits, True)


@pytest.mark.parametrize("kind", KINDS)
def test_cut_anywhere_the_rest_is_the_same(kind: str, tmp_path: Any) -> None:
    def make(where: SearchSetup) -> SampledEvolution:
        return made(kind, where)

    whole = Driver(make, setup(5), tmp_path, parallel=3, fail_every=5).steps(40)
    cut = Driver(make, setup(5), tmp_path, parallel=3, fail_every=5)
    for _ in range(40):
        cut.step()
        cut.cut()
    assert cut.asked == whole.asked
    assert any(proposal["inherits"] is not None for proposal in cut.asked)
    assert cut.strategy.checkpoints_needed() == whole.strategy.checkpoints_needed()  # type: ignore[attr-defined]
    assert exactly(stored(cut.strategy.state_dict())) == exactly(stored(whole.strategy.state_dict()))


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_without_weights_refuses_it(kind: str) -> None:
    with pytest.raises(InvalidConfig, match="trains no networks") as raised:
        made(kind, toy_setup(num_bits=24))
    assert [error.field for error in raised.value.errors] == ["inherit_weights"]


def test_proposals_stored_before_there_was_inheritance_are_read() -> None:
    old = Proposal(3, {"bits": "01"}, operator="mutate:flip", parents=(1,)).as_json()
    del old["inherits"], old["keeps_network"]
    assert Proposal.from_json(old) == Proposal(3, {"bits": "01"}, operator="mutate:flip", parents=(1,))
