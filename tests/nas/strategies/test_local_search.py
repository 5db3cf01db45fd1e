"""Local search: it climbs to a summit, leaves it, and waits for what it needs to know."""

from __future__ import annotations

from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.intervention import AddArchitecture, ChangeConstraints
from nas.core.objective import Constraint
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.strategies.local_search import LocalSearch, LocalSearchConfig
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import toy_setup
from tests.nas.strategies.populations import bits, cancel, fail, shown, tell


def local(setup: SearchSetup | None = None, **settings: Any) -> LocalSearch:
    return LocalSearch(LocalSearchConfig.parse(settings), setup or toy_setup(num_bits=4))


def distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


# --- climbing ------------------------------------------------------------------------------------------------------


def test_the_best_of_the_starts_is_where_the_climb_begins() -> None:
    strategy = local(toy_setup(), num_starts=3)
    starts = strategy.ask(9)
    assert [start.operator for start in starts] == ["random"] * 3
    for start, accuracy in zip(starts, [0.2, 0.9, 0.5], strict=True):
        tell(strategy, start, accuracy)
    (neighbour,) = strategy.ask(1)
    assert (neighbour.operator, neighbour.parents) == ("neighbour", (1,))
    assert distance(bits(neighbour), bits(starts[1])) == 1


def test_with_best_all_neighbours_are_evaluated_before_it_moves() -> None:
    strategy = local(move="best", num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5)
    neighbours = strategy.ask(9)
    assert {distance(bits(neighbour), bits(start)) for neighbour in neighbours} == {1}
    assert len({bits(neighbour) for neighbour in neighbours}) == 4
    for neighbour, accuracy in zip(neighbours[:3], [0.6, 0.8, 0.4], strict=True):
        tell(strategy, neighbour, accuracy)
        assert strategy.ask(1) == []
    tell(strategy, neighbours[3], 0.7)
    (further,) = strategy.ask(1)
    assert further.parents == (neighbours[1].id,)
    assert shown(strategy, "climb")["id"] == [start.id, neighbours[1].id]


def test_with_first_it_moves_as_soon_as_something_is_better() -> None:
    strategy = local(num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5)
    worse, equal, better = strategy.ask(3)
    tell(strategy, worse, 0.4)
    tell(strategy, equal, 0.5)
    assert strategy.ask(1)[0].parents == (start.id,)
    tell(strategy, better, 0.6)
    assert strategy.ask(1)[0].parents == (better.id,)


def test_where_nothing_is_better_it_begins_again_at_random() -> None:
    strategy = local(toy_setup(num_bits=30), num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5)
    for neighbour in strategy.ask(30):
        tell(strategy, neighbour, 0.1)
    (again,) = strategy.ask(1)
    assert again.operator == "random"
    assert again.meta == {"climb": 1}
    tell(strategy, again, 0.3)  # worse than the summit before, and yet the place to climb from now
    assert strategy.ask(1)[0].parents == (again.id,)
    assert shown(strategy, "climb")["climb"] == [1, 2]


def test_nothing_is_evaluated_twice_while_it_is_remembered() -> None:
    """16 strings of 4 bits: each comes once, whatever the climbs."""
    setup = toy_setup(num_bits=4, noise=0.3)
    trials = list(search(local(setup), setup, Budget(trials=16)))
    assert len({bits(trial.proposal) for trial in trials}) == 16


def test_the_order_of_neighbours_is_random() -> None:
    def first(seed: int) -> int:
        strategy = local(toy_setup(seed=seed), num_starts=1)
        (start,) = strategy.ask(1)
        tell(strategy, start, 0.5)
        (neighbour,) = strategy.ask(1)
        return next(i for i in range(100) if bits(neighbour)[i] != bits(start)[i])

    assert len({first(seed) for seed in range(10)}) > 5


# --- failures, constraints, objectives, people ---------------------------------------------------------------------


def test_failed_starts_are_drawn_again_and_failed_neighbours_are_passed_over() -> None:
    strategy = local(num_starts=1)
    (start,) = strategy.ask(1)
    fail(strategy, start)
    (start,) = strategy.ask(1)
    assert start.operator == "random"
    tell(strategy, start, 0.5)
    for neighbour in strategy.ask(4):
        fail(strategy, neighbour)
    assert strategy.ask(1)[0].operator == "random"


def test_neighbours_keep_the_constraints_on_costs() -> None:
    """At most 2 of 4 bits may be set: 16 inputs + 4 for each hidden unit, 3 outputs."""
    strategy = local(toy_setup(num_bits=4, constraints=("params<=63",)), num_starts=1)
    for _ in range(30):
        (proposal,) = strategy.ask(1)
        assert bits(proposal).count("1") <= 2
        tell(strategy, proposal, bits(proposal).count("1") / 4)


def test_a_better_value_that_breaks_a_measured_constraint_is_no_move() -> None:
    strategy = local(toy_setup(constraints=("latency_ms<=5",)), num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5, latency_ms=5.0)
    breaks, keeps = strategy.ask(2)
    tell(strategy, breaks, 0.9, latency_ms=6.0)
    assert strategy.ask(1)[0].parents == (start.id,)
    tell(strategy, keeps, 0.6, latency_ms=4.0)
    assert strategy.ask(1)[0].parents == (keeps.id,)


def test_when_a_changed_constraint_forbids_all_around_it_begins_again_where_it_may() -> None:
    strategy = local(toy_setup(num_bits=4), num_starts=1)
    strategy.intervene(AddArchitecture({"bits": "1111"}))
    (start,) = strategy.ask(1)
    tell(strategy, start, 1.0)
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=43"),)))  # at most one bit
    (again,) = strategy.ask(1)
    assert again.operator == "random"
    assert bits(again).count("1") <= 1


def test_by_domination_only_what_dominates_is_a_move() -> None:
    setup = toy_setup(objectives=("accuracy", "macs"))
    strategy = local(setup, num_starts=1, selection="domination")
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5, macs=50.0)
    trades, dominates = strategy.ask(2)
    tell(strategy, trades, 0.9, macs=60.0)
    assert strategy.ask(1)[0].parents == (start.id,)
    tell(strategy, dominates, 0.5, macs=49.0)
    assert strategy.ask(1)[0].parents == (dominates.id,)


def test_a_better_architecture_that_a_person_adds_is_moved_to() -> None:
    strategy = local(toy_setup(), num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5)
    strategy.intervene(AddArchitecture({"bits": "1" * 100}))
    (added,) = strategy.ask(1)
    tell(strategy, added, 1.0)
    assert strategy.ask(1)[0].parents == (added.id,)


def test_cancelled_neighbours_do_not_stop_the_climb() -> None:
    strategy = local(move="best", num_starts=1)
    (start,) = strategy.ask(1)
    tell(strategy, start, 0.5)
    for neighbour in strategy.ask(4):
        cancel(strategy, neighbour)
    assert strategy.ask(1)[0].operator == "random"


# --- does it search ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("move", ["first", "best"])
def test_it_beats_random_search_on_the_toy_problem(seed: int, move: str) -> None:
    """20 bits without noise, 400 evaluations: the only summit is reached; random search would need about a million."""
    setup = toy_setup(seed=seed, num_bits=20, noise=0)

    def best(strategy: Any) -> float:
        return max(trial.result.metrics["accuracy"] for trial in search(strategy, setup, Budget(trials=400)))

    assert best(local(setup, move=move)) == 1.0
    assert best(RandomSearch(RandomSearchConfig(), setup)) < 1.0
