"""Tournament evolution: who becomes a parent, who leaves, and that the population keeps its size."""

from __future__ import annotations

from typing import Any

import pytest

from nas.core.budget import Budget
from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.strategies.random import RandomSearch, RandomSearchConfig
from nas.strategies.tournament import Tournament, TournamentConfig
from tests.contracts.toys import toy_setup
from tests.nas.strategies.populations import bits, fail, full, shown, tell

PAIRS = TournamentConfig.presets["pairs"]


def tournament(setup: SearchSetup | None = None, **settings: Any) -> Tournament:
    return Tournament(TournamentConfig.parse(settings), setup or toy_setup())


def test_in_a_pair_the_better_is_mutated_and_the_worse_leaves() -> None:
    strategy = tournament(population_size=2, **PAIRS)
    members = full(strategy, [0.2, 0.8])
    (child,) = strategy.ask(1)
    assert child.parents == (1,)
    assert sum(a != b for a, b in zip(bits(child), bits(members[1]), strict=True)) == 1
    assert shown(strategy)["id"] == [1]
    tell(strategy, child, 0.5)
    assert shown(strategy)["id"] == [1, 2]
    strategy.ask(1)
    assert shown(strategy)["id"] == [1]  # the child was the worse one: it leaves although it is the youngest


def test_of_an_equal_pair_one_is_mutated_and_the_other_leaves() -> None:
    for seed in range(20):
        strategy = tournament(toy_setup(seed=seed), population_size=2, **PAIRS)
        full(strategy, [0.5, 0.5])
        (child,) = strategy.ask(1)
        assert shown(strategy)["id"] == list(child.parents)


def test_the_best_and_only_the_best_never_leaves() -> None:
    """With samples of two or more the best wins each tournament it is in; the worst of all but itself may leave."""
    strategy = tournament(toy_setup(seed=3), population_size=8, sample_size=3, with_replacement=False)
    best = -1.0
    for trial in search(strategy, toy_setup(seed=3), Budget(trials=300)):
        best = max(best, trial.result.metrics["accuracy"])
        assert max(shown(strategy)["fitness"]) == best
    assert len(set(shown(strategy)["age"])) == len(shown(strategy)["age"])


def test_without_selection_it_is_a_random_walk() -> None:
    setup = toy_setup(seed=1)
    walk = tournament(setup, population_size=20, sample_size=1)
    assert max(t.result.metrics["accuracy"] for t in search(walk, setup, Budget(trials=500))) < 0.75


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("settings", [{}, dict(PAIRS)], ids=["samples", "pairs"])
def test_it_solves_the_toy_problem_where_random_search_does_not(seed: int, settings: dict[str, Any]) -> None:
    """100 bits, noise 0.01, 1,000 evaluations, as for aging evolution."""
    setup = toy_setup(seed=seed)

    def best(strategy: Any) -> float:
        return max(trial.result.metrics["accuracy"] for trial in search(strategy, setup, Budget(trials=1_000)))

    assert best(tournament(setup, **settings)) >= 0.85
    assert best(RandomSearch(RandomSearchConfig(), setup)) <= 0.75


# --- in flight -----------------------------------------------------------------------------------------------------


def test_members_and_children_on_the_way_together_are_the_population() -> None:
    strategy = tournament(population_size=10, sample_size=3)
    full(strategy, [i / 10 for i in range(10)])
    children = strategy.ask(4)
    assert len(shown(strategy)["id"]) == 6
    for child in children:
        tell(strategy, child, 0.5)
    assert len(shown(strategy)["id"]) == 10


def test_more_workers_than_members_leave_half_and_the_surplus_goes_later() -> None:
    strategy = tournament(population_size=10, sample_size=3)
    full(strategy, [i / 10 for i in range(10)])
    children = strategy.ask(30)
    assert len(children) == 30
    assert len(shown(strategy)["id"]) == 5
    for child in children:
        tell(strategy, child, 0.5)
    assert len(shown(strategy)["id"]) == 35
    strategy.ask(1)
    assert len(shown(strategy)["id"]) == 9


def test_the_place_of_a_failed_child_is_filled_without_another_removal() -> None:
    strategy = tournament(population_size=4, sample_size=2)
    full(strategy, [0.1, 0.2, 0.3, 0.4])
    (child,) = strategy.ask(1)
    left = shown(strategy)["id"]
    fail(strategy, child)
    assert shown(strategy)["id"] == left
    tell(strategy, strategy.ask(1)[0])
    assert shown(strategy)["id"] == [*left, 5]


def test_the_first_population_is_awaited_unless_idle_workers_are_to_be_filled() -> None:
    assert len(tournament(population_size=5, sample_size=2).ask(9)) == 5
    assert len(tournament(population_size=5, sample_size=2, fill_idle=True).ask(9)) == 9


def test_an_added_architecture_takes_the_place_of_the_worst_of_a_sample() -> None:
    strategy = tournament(population_size=4, sample_size=4, with_replacement=False)
    full(strategy, [0.4, 0.1, 0.3, 0.2])
    strategy.intervene(AddArchitecture({"bits": "1" * 100}))
    (added,) = strategy.ask(1)
    tell(strategy, added, 0.9)
    (child,) = strategy.ask(1)
    assert child.parents == (added.id,)
    assert shown(strategy)["id"] == [0, 2, added.id]


# --- constraints and several objectives ----------------------------------------------------------------------------


def test_who_breaks_a_measured_constraint_most_leaves_first() -> None:
    strategy = tournament(
        toy_setup(constraints=("latency_ms<=5",)), population_size=3, sample_size=3, with_replacement=False
    )
    full(strategy, [0.9, 0.1, 0.8], latency_ms=[50.0, 4.0, 6.0])
    (child,) = strategy.ask(1)
    assert child.parents == (1,)
    assert shown(strategy)["id"] == [1, 2]


def test_by_domination_one_that_dominates_nothing_leaves() -> None:
    """0 and 1 trade; 2 is dominated by 0 and dominates 3."""
    for seed in range(10):
        strategy = tournament(
            toy_setup(seed=seed, objectives=("accuracy", "macs")),
            population_size=4,
            sample_size=4,
            with_replacement=False,
            selection="domination",
        )
        full(strategy, [0.9, 0.5, 0.8, 0.7], macs=[50.0, 10.0, 60.0, 70.0])
        (child,) = strategy.ask(1)
        assert child.parents[0] in (0, 1)
        assert set(shown(strategy)["id"]) in ({0, 2, 1}, {0, 2, 3})


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"sample_size": 1, "with_replacement": False}, {"sample_size": 5}])
def test_a_winner_cannot_be_its_own_loser(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig, match="without replacement"):
        TournamentConfig.parse({"removal": "same_sample", **settings})
