"""Aging evolution against the numbers of its specification, and where it goes beyond the paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from numpy.random import Generator

from nas.core.budget import Budget
from nas.core.errors import InvalidConfig
from nas.core.intervention import ChangeConstraints
from nas.core.objective import Constraint
from nas.core.proposal import Genotype, Proposal
from nas.core.result import Result, ResultStatus
from nas.core.setup import SearchSetup
from nas.core.strategy import Strategy
from nas.jobs.local import search
from nas.strategies.aging_evolution import AgingEvolution, AgingEvolutionConfig
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import BitsConfig, BitStrings, toy_setup

NOTEBOOK = {"population_size": 100, "sample_size": 10}


def aging(setup: SearchSetup, **settings: Any) -> AgingEvolution:
    return AgingEvolution(AgingEvolutionConfig(**settings), setup)


def best_of(make: Callable[[SearchSetup], Strategy], seed: int, trials: int = 1_000) -> float:
    setup = toy_setup(seed=seed)
    return max(trial.result.metrics["accuracy"] for trial in search(make(setup), setup, Budget(trials=trials)))


def column(strategy: AgingEvolution, name: str) -> Any:
    (view,) = strategy.views()
    return view.data[name]


def tell(strategy: Strategy, proposal: Proposal, accuracy: float = 0.5, **metrics: float) -> None:
    metrics = {"accuracy": accuracy, **metrics}
    strategy.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, metrics))


# --- acceptance numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_it_solves_the_toy_problem_where_random_search_and_no_selection_do_not(seed: int) -> None:
    """100 bits, noise 0.01, P=100, S=10, 1,000 evaluations: the settings of the authors' notebook."""
    assert best_of(lambda setup: aging(setup, **NOTEBOOK), seed) >= 0.85
    assert best_of(lambda setup: RandomSearch(RandomSearchConfig(), setup), seed) <= 0.75
    assert best_of(lambda setup: aging(setup, population_size=100, sample_size=1), seed) <= 0.75


def test_on_a_flat_landscape_it_drifts_nowhere() -> None:
    """Nothing to select: the share of ones stays near one half, as in the first population."""
    setup = toy_setup(seed=4)
    strategy = aging(setup, **NOTEBOOK)
    shares = []
    for _ in range(1_000):
        (proposal,) = strategy.ask(1)
        assert proposal.genotype is not None
        shares.append(proposal.genotype["bits"].count("1") / 100)
        tell(strategy, proposal, 0.5)
    assert 0.4 < sum(shares[-100:]) / 100 < 0.6


def test_the_population_fills_to_its_size_and_then_the_oldest_leaves() -> None:
    setup = toy_setup(seed=1)
    strategy = aging(setup, population_size=7, sample_size=3)
    told = []
    for trial in search(strategy, setup, Budget(trials=50)):
        told.append(trial.proposal.id)
        assert column(strategy, "id") == told[-7:]
        assert column(strategy, "age") == list(range(min(len(told), 7)))[::-1]
    assert len(told) == 50  # the initial population counts towards the budget


def test_age_is_the_order_of_arrival_not_of_asking() -> None:
    strategy = aging(toy_setup(), population_size=3, sample_size=1)
    proposals = strategy.ask(3)
    for place in (2, 0, 1):
        tell(strategy, proposals[place])
    assert column(strategy, "id") == [2, 0, 1]
    tell(strategy, strategy.ask(1)[0])
    assert column(strategy, "id") == [0, 1, 3]


# --- proposals -----------------------------------------------------------------------------------------------------


def full(strategy: AgingEvolution, accuracies: list[float], **metrics: list[float]) -> list[Proposal]:
    proposals = strategy.ask(len(accuracies))
    for i, proposal in enumerate(proposals):
        tell(strategy, proposal, accuracies[i], **{name: values[i] for name, values in metrics.items()})
    return proposals


def test_a_child_names_its_parent_and_what_changed() -> None:
    strategy = aging(toy_setup(), population_size=4, sample_size=4, with_replacement=False)
    members = full(strategy, [0.1, 0.9, 0.3, 0.2])
    (child,) = strategy.ask(1)
    assert child.parents == (1,)  # the whole population was the sample, so the best of it
    assert child.operator == "mutate:flip"
    assert child.meta["kind"] == "flip"
    place = int(child.meta["changed"][0].removeprefix("bits."))
    before, after = (members[1].genotype or {})["bits"], (child.genotype or {})["bits"]
    assert [i for i in range(100) if before[i] != after[i]] == [place]


def parents_of(strategy: AgingEvolution, num: int = 400) -> set[int]:
    return {proposal.parents[0] for proposal in strategy.ask(num)}


def test_with_replacement_even_the_worst_may_become_a_parent() -> None:
    """S = P: without replacement only the best wins; with it a sample misses the best with probability (1 - 1/P)^P."""
    accuracies = [0.1, 0.9, 0.3, 0.2]
    without = aging(toy_setup(), population_size=4, sample_size=4, with_replacement=False)
    full(without, accuracies)
    assert parents_of(without) == {1}
    paper = aging(toy_setup(), population_size=4, sample_size=4)
    full(paper, accuracies)
    assert parents_of(paper) == {0, 1, 2, 3}


def test_of_equals_each_becomes_a_parent() -> None:
    strategy = aging(toy_setup(), population_size=4, sample_size=4, with_replacement=False)
    full(strategy, [0.5] * 4)
    assert parents_of(strategy) == {0, 1, 2, 3}


def test_crossover_takes_genes_from_two_parents() -> None:
    strategy = aging(toy_setup(), population_size=4, sample_size=2, crossover_probability=1)
    genotypes = [(member.genotype or {})["bits"] for member in full(strategy, [0.1, 0.2, 0.3, 0.4])]
    for child in strategy.ask(50):
        assert child.operator == "crossover+mutate:flip"
        parents = [genotypes[parent] for parent in child.parents]
        bits = (child.genotype or {})["bits"]
        assert sum(all(bits[i] != parent[i] for parent in parents) for i in range(100)) <= 1  # the mutation
    assert any(len(child.parents) == 2 for child in strategy.ask(50))


def test_crossover_needs_a_space_that_can() -> None:
    class Uncrossed(BitStrings):
        crossover = None  # type: ignore[assignment]  # as if it were not there

    setup = toy_setup(space=Uncrossed(BitsConfig()))
    with pytest.raises(InvalidConfig, match="crossover_probability"):
        aging(setup, crossover_probability=0.5)
    aging(setup)


def test_the_sample_is_no_larger_than_the_population() -> None:
    with pytest.raises(InvalidConfig, match="at least the sample size"):
        AgingEvolutionConfig.parse({"population_size": 10, "sample_size": 25})


# --- in flight, late, failed ---------------------------------------------------------------------------------------


def test_while_the_first_population_is_out_it_waits() -> None:
    strategy = aging(toy_setup(), population_size=5, sample_size=2)
    proposals = strategy.ask(9)
    assert len(proposals) == 5
    assert strategy.ask(9) == []
    assert not strategy.done()
    for proposal in proposals[:4]:
        tell(strategy, proposal)
    assert strategy.ask(9) == []
    tell(strategy, proposals[4])
    assert [child.operator for child in strategy.ask(9)] == ["mutate:flip"] * 9


def test_with_fill_idle_it_draws_more_instead_of_waiting() -> None:
    strategy = aging(toy_setup(), population_size=5, sample_size=2, fill_idle=True)
    proposals = strategy.ask(9)
    assert [proposal.operator for proposal in proposals] == ["random"] * 9
    for proposal in proposals:
        tell(strategy, proposal)
    assert column(strategy, "id") == [4, 5, 6, 7, 8]


def test_a_failed_trial_never_enters_and_its_place_is_drawn_again() -> None:
    strategy = aging(toy_setup(), population_size=3, sample_size=2)
    first, second, third = strategy.ask(3)
    tell(strategy, first)
    strategy.tell(second.id, Result(second.id, ResultStatus.DIVERGED, {"accuracy": 1.0}, reason="loss became NaN"))
    tell(strategy, third)
    assert column(strategy, "id") == [0, 2]
    (again,) = strategy.ask(5)
    assert again.operator == "random"


# --- constraints and several objectives ----------------------------------------------------------------------------


def test_a_trial_that_breaks_a_measured_constraint_loses_against_one_that_keeps_it() -> None:
    strategy = aging(
        toy_setup(constraints=("latency_ms<=5",)), population_size=4, sample_size=4, with_replacement=False
    )
    full(strategy, [0.9, 0.1, 0.8, 0.2], latency_ms=[50.0, 4.0, 6.0, 5.0])
    assert parents_of(strategy) == {3}  # the better of the two that keep it
    assert column(strategy, "violation") == [9.0, 0.0, pytest.approx(0.2), 0.0]


def test_when_all_break_it_the_one_that_breaks_it_least_wins() -> None:
    strategy = aging(
        toy_setup(constraints=("latency_ms<=5",)), population_size=3, sample_size=3, with_replacement=False
    )
    full(strategy, [0.9, 0.1, 0.8], latency_ms=[50.0, 6.0, 7.0])
    assert parents_of(strategy) == {1}


def test_a_changed_constraint_judges_the_population_anew() -> None:
    strategy = aging(toy_setup(), population_size=3, sample_size=3, with_replacement=False)
    full(strategy, [0.9, 0.1, 0.8], latency_ms=[50.0, 4.0, 7.0])
    assert parents_of(strategy) == {0}
    strategy.intervene(ChangeConstraints((Constraint.from_text("latency_ms<=5"),)))
    assert parents_of(strategy) == {1}


def test_children_keep_the_constraints_on_costs() -> None:
    setup = toy_setup(seed=2, constraints=("params<=1003",))  # at most 49 ones
    for trial in search(aging(setup), setup, Budget(trials=100)):
        assert trial.result.status is ResultStatus.COMPLETED
        assert (trial.proposal.genotype or {})["bits"].count("1") <= 49


def test_a_population_with_no_allowed_neighbour_begins_again_elsewhere() -> None:
    class Stuck(BitStrings):
        """Mutations only ever lead to the string of ones."""

        def mutate(self, genotype: Genotype, rng: Generator) -> Any:
            mutation = super().mutate(genotype, rng)
            return type(mutation)({"bits": "1" * 100}, "all", ("bits",))

    strategy = aging(
        toy_setup(space=Stuck(BitsConfig()), constraints=("params<=1500",)), population_size=2, sample_size=1
    )
    full(strategy, [0.5, 0.5])
    assert strategy.ask(1)[0].operator == "random"


def test_selection_by_domination_takes_parents_from_the_whole_front_and_nowhere_else() -> None:
    """0, 1 and 2 trade accuracy for MACs; 3 is dominated by 1, 4 by all."""
    settings = {"population_size": 5, "sample_size": 5, "with_replacement": False}
    accuracies, macs = [0.9, 0.7, 0.5, 0.6, 0.1], [90.0, 50.0, 10.0, 60.0, 99.0]
    setup = toy_setup(objectives=("accuracy", "macs"))
    fronts = aging(setup, selection="domination", **settings)
    full(fronts, accuracies, macs=macs)
    assert parents_of(fronts) == {0, 1, 2}
    paper = aging(setup, **settings)
    full(paper, accuracies, macs=macs)
    assert parents_of(paper) == {0}


def test_domination_looks_at_constraints_first() -> None:
    setup = toy_setup(objectives=("accuracy", "macs"), constraints=("latency_ms<=5",))
    strategy = aging(setup, population_size=3, sample_size=3, with_replacement=False, selection="domination")
    full(strategy, [0.9, 0.2, 0.1], macs=[1.0, 5.0, 4.0], latency_ms=[9.0, 1.0, 1.0])
    assert parents_of(strategy) == {1, 2}
