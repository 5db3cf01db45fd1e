"""Random search: independent draws, and the option to avoid duplicates with bounded memory."""

from __future__ import annotations

from typing import Any

from nas.core.budget import Budget
from nas.core.intervention import ChangeConstraints
from nas.core.objective import Constraint
from nas.jobs.local import search
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import toy_setup


def bits(num_trials: int, num_bits: int, **settings: Any) -> list[str]:
    setup = toy_setup(num_bits=num_bits)
    strategy = RandomSearch(RandomSearchConfig(**settings), setup)
    finished = list(search(strategy, setup, Budget(trials=num_trials)))
    return [trial.proposal.genotype["bits"] for trial in finished if trial.proposal.genotype]


def test_draws_are_independent_of_each_other() -> None:
    """64 architectures, 300 draws: duplicates are certain, and nearly every architecture is drawn."""
    drawn = bits(300, 6)
    assert len(drawn) == 300
    assert 55 <= len(set(drawn)) <= 64


def test_duplicates_are_avoided_until_nothing_new_is_left_and_then_it_is_done() -> None:
    drawn = bits(300, 6, avoid_duplicates=True)
    assert len(drawn) == len(set(drawn)) == 64


def test_only_the_latest_are_remembered() -> None:
    drawn = bits(400, 6, avoid_duplicates=True, remembered=10)
    assert len(drawn) == 400
    assert all(drawn[i] not in drawn[max(0, i - 10) : i] for i in range(400))
    assert any(drawn[i] == drawn[i - 11] for i in range(11, 400))


def test_a_loosened_constraint_makes_an_exhausted_search_go_on() -> None:
    setup = toy_setup(num_bits=6, constraints=("params<=23",))  # the string without ones and no other
    strategy = RandomSearch(RandomSearchConfig(avoid_duplicates=True), setup)
    assert [proposal.genotype for proposal in strategy.ask(3)] == [{"bits": "000000"}]
    assert strategy.done()
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=43"),)))  # at most one
    assert not strategy.done()
    found = strategy.ask(10)
    assert {str(proposal.genotype["bits"]).count("1") for proposal in found if proposal.genotype} == {1}
    assert len(found) == 6
