"""The genetic algorithm: who becomes a parent, elites, generations, when it stops, and that it solves the toy problem."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from numpy.random import PCG64, Generator

from nas.core.budget import Budget
from nas.core.errors import InvalidConfig
from nas.core.intervention import ChangeConstraints
from nas.core.objective import Constraint
from nas.core.setup import SearchSetup
from nas.jobs.local import search
from nas.registry import spaces
from nas.spaces.random_wiring import RandomWiring
from nas.spaces.random_wiring_config import RandomWiringConfig
from nas.strategies.genetic import MAX_ROWS, Genetic, GeneticConfig
from nas.strategies.population import Member
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.toys import toy_setup
from tests.nas.strategies.populations import bits, cancel, fail, full, shown, tell


def genetic(setup: SearchSetup | None = None, **settings: Any) -> Genetic:
    return Genetic(GeneticConfig.parse(settings), setup or toy_setup())


def chances(values: list[float], setup: SearchSetup | None = None, **settings: Any) -> Any:
    """Of parents with those values (as accuracy, or as macs where these are the objective)."""
    strategy = genetic(setup, population_size=len(values), selection="roulette", **settings)
    full(strategy, values, macs=values)
    return shown(strategy)["chance"]


# --- selection -----------------------------------------------------------------------------------------------------


def test_on_the_wheel_of_the_textbook_room_is_in_proportion_to_fitness() -> None:
    assert chances([0.1, 0.2, 0.3, 0.4], fitness_scaling="none") == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_what_is_minimised_has_room_in_proportion_to_its_inverse() -> None:
    """1/1, 1/2 and 1/4 of 7/4."""
    setup = toy_setup(objectives=("macs",))
    assert chances([1.0, 2.0, 4.0], setup, fitness_scaling="none") == pytest.approx([4 / 7, 2 / 7, 1 / 7])


@pytest.mark.parametrize("values", [[0.0, 0.1, 0.3], [-0.2, -0.1, 0.1]])
def test_what_is_not_positive_counts_from_the_worst(values: list[float]) -> None:
    assert chances(values, fitness_scaling="none") == pytest.approx([0.0, 0.25, 0.75])


def test_a_window_counts_from_the_worst_and_ranks_count_places() -> None:
    assert chances([0.90, 0.91, 0.93], fitness_scaling="window") == pytest.approx([0.0, 0.25, 0.75])
    assert chances([0.90, 0.91, 0.93], fitness_scaling="rank") == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert chances([0.5, 0.9, 0.9], fitness_scaling="rank") == pytest.approx([1 / 6, 2.5 / 6, 2.5 / 6])


@pytest.mark.parametrize("scaling", ["none", "window", "rank"])
def test_equals_have_equal_room(scaling: str) -> None:
    assert chances([0.5] * 4, fitness_scaling=scaling) == pytest.approx([0.25] * 4)


def test_truncation_takes_the_best_share_evenly() -> None:
    assert chances([0.1, 0.4, 0.3, 0.2], truncation_share=0.5) != [0, 0.5, 0.5, 0]  # only its own selection uses it
    strategy = genetic(population_size=4, selection="truncation", truncation_share=0.5)
    full(strategy, [0.1, 0.4, 0.3, 0.2])
    assert shown(strategy)["chance"] == [0.0, 0.5, 0.5, 0.0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"selection": "roulette", "fitness_scaling": "none"}, [0.1, 0.2, 0.3, 0.4]),
        # The best of two drawn with replacement: (2 i - 1) / 16.
        ({"selection": "tournament", "tournament_size": 2}, [1 / 16, 3 / 16, 5 / 16, 7 / 16]),
        ({"selection": "truncation", "truncation_share": 0.25}, [0.0, 0.0, 0.0, 1.0]),
    ],
)
def test_parents_are_drawn_with_those_chances(settings: dict[str, Any], expected: list[float]) -> None:
    strategy = genetic(population_size=4, crossover_probability=0, elites=0, **settings)
    full(strategy, [0.1, 0.2, 0.3, 0.4])
    counts: Counter[int] = Counter()
    for _ in range(200):
        for child in strategy.ask(4):
            counts[child.parents[0]] += 1
            cancel(strategy, child)
    assert [counts[i] / 800 for i in range(4)] == pytest.approx(expected, abs=0.06)  # sd at most 0.018


def test_who_breaks_a_measured_constraint_has_no_room_while_others_keep_it() -> None:
    strategy = genetic(population_size=3, selection="roulette", fitness_scaling="none")
    full(strategy, [0.9, 0.2, 0.6], latency_ms=[15.0, 4.0, 5.0])
    assert shown(strategy)["chance"] == pytest.approx([9 / 17, 2 / 17, 6 / 17])
    strategy.intervene(ChangeConstraints((Constraint.from_text("latency_ms<=5"),)))
    assert shown(strategy)["chance"] == pytest.approx([0, 0.25, 0.75])
    strategy.intervene(ChangeConstraints((Constraint.from_text("latency_ms<=2"),)))
    room = [1 / (1 + 6.5), 1 / (1 + 1.0), 1 / (1 + 1.5)]
    assert shown(strategy)["chance"] == pytest.approx([r / sum(room) for r in room])


# --- generations ---------------------------------------------------------------------------------------------------


def test_elites_live_on_unchanged_and_are_not_evaluated_again() -> None:
    strategy = genetic(population_size=4, elites=2)
    full(strategy, [0.1, 0.9, 0.8, 0.2])
    children = strategy.ask(9)
    assert len(children) == 2
    for child in children:
        tell(strategy, child, 0.05)
    assert shown(strategy)["id"] == [1, 2, 4, 5]


def test_without_elites_even_the_best_dies() -> None:
    strategy = genetic(population_size=3, elites=0)
    full(strategy, [0.1, 0.9, 0.8])
    full(strategy, [0.1, 0.1, 0.1])
    assert shown(strategy)["id"] == [3, 4, 5]


def test_children_have_genes_of_both_parents_and_one_mutation_at_most() -> None:
    strategy = genetic(population_size=6, elites=1, crossover_probability=1, mutation_probability=0.5)
    genes = {proposal.id: bits(proposal) for proposal in full(strategy, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])}
    kinds: Counter[str] = Counter()
    for _ in range(20):
        for child in strategy.ask(5):
            kinds[child.operator] += 1
            parents = [genes[parent] for parent in child.parents]
            strange = sum(all(gene != parent[i] for parent in parents) for i, gene in enumerate(bits(child)))
            assert strange <= (1 if child.meta["kind"] else 0)
            cancel(strategy, child)
    assert set(kinds) == {"crossover", "crossover+mutate:flip"}


@pytest.mark.parametrize(("crossover", "num_borders"), [("one_point", {0, 1}), ("two_point", {0, 1, 2})])
def test_crossover_at_one_place_or_two_makes_so_many_borders(crossover: str, num_borders: set[int]) -> None:
    """Parents are all zeros or all ones, so a border between genes of different parents can be seen."""
    strategy = genetic(population_size=6, crossover=crossover, crossover_probability=1, mutation_probability=0)
    strategy._parents = [Member(i, {"bits": str(i % 2) * 100}, {"accuracy": 0.5}, i) for i in range(6)]
    found = {sum(a != b for a, b in pairwise(bits(child))) for child in strategy.ask(200)}
    assert found <= num_borders
    assert max(num_borders) in found


def test_uniform_crossover_mixes_gene_by_gene() -> None:
    strategy = genetic(population_size=6, crossover="uniform", crossover_probability=1, mutation_probability=0)
    strategy._parents = [Member(i, {"bits": str(i % 2) * 100}, {"accuracy": 0.5}, i) for i in range(6)]
    mixed = [bits(child) for child in strategy.ask(30) if len(set(bits(child))) == 2]
    assert mixed
    assert all(25 < text.count("1") < 75 for text in mixed)


def test_a_space_without_a_list_of_genes_crosses_in_its_own_way_only() -> None:
    space = RandomWiring(RandomWiringConfig())
    with pytest.raises(InvalidConfig, match='choose "space" instead') as raised:
        genetic(toy_setup(space=space), crossover="one_point")
    assert [error.field for error in raised.value.errors] == ["crossover"]
    assert genetic(toy_setup(space=space)).ask(1)


@pytest.mark.parametrize("crossover", ["one_point", "two_point", "uniform"])
@pytest.mark.parametrize("name", ["nasbench201", "mobile", "amoebanet", "enas_macro"])
def test_crossed_lists_of_genes_are_architectures_of_the_space(name: str, crossover: str) -> None:
    kind: Any = spaces.get(name)
    space = kind(kind.Config.parse(None))
    strategy = genetic(toy_setup(space=space), crossover=crossover, population_size=4)
    rng = Generator(PCG64(8))
    strategy._parents = [Member(i, space.sample(rng), {"accuracy": 0.5}, i) for i in range(4)]
    for child in strategy.ask(30):
        assert child.genotype is not None
        assert space.validate(child.genotype) == child.genotype


def test_the_generations_are_remembered_ever_more_coarsely() -> None:
    strategy = genetic(population_size=2, elites=1)
    full(strategy, [0.4, 0.2])
    assert shown(strategy, "generations")["generation"] == [0]
    assert shown(strategy, "generations")["mean"] == pytest.approx([0.3])
    for number in range(1, 61):
        tell(strategy, strategy.ask(1)[0], 0.1)
        view = shown(strategy, "generations")
        assert view["generation"][0] == 0
        assert view["generation"][-1] == number
        assert len(view["generation"]) <= MAX_ROWS + 1
    assert shown(strategy, "generations")["generation"] == [*range(0, 61, 4)]
    assert set(shown(strategy, "generations")["best"]) == {0.4}
    assert set(shown(strategy, "generations")["worst"]) == {0.2, 0.1}


# --- stop rules ----------------------------------------------------------------------------------------------------


def test_it_stops_after_its_generations_of_offspring() -> None:
    setup = toy_setup()
    assert (
        len(list(search(genetic(setup, population_size=6, max_generations=3), setup, Budget(trials=999)))) == 6 + 3 * 5
    )


def test_it_stops_after_its_evaluations_failed_ones_included() -> None:
    strategy = genetic(population_size=4, max_evaluations=6)
    first = strategy.ask(99)
    assert len(first) == 4
    for proposal in first:
        fail(strategy, proposal)
    assert len(strategy.ask(99)) == 2
    assert strategy.done()


def test_it_stops_when_the_best_stays_the_same() -> None:
    strategy = genetic(population_size=3, elites=1, no_improvement_for=2)
    full(strategy, [0.1, 0.2, 0.3])
    full(strategy, [0.3, 0.3])  # no better
    assert not strategy.done()
    full(strategy, [0.4, 0.1])  # better
    full(strategy, [0.1, 0.1])
    assert not strategy.done()
    full(strategy, [0.1, 0.1])
    assert strategy.done()
    assert strategy.ask(1) == []


@pytest.mark.parametrize(
    ("objective", "target", "short", "reached"), [("accuracy", 0.8, 0.79, 0.8), ("macs", 50, 51, 50)]
)
def test_it_stops_at_its_target(objective: str, target: float, short: float, reached: float) -> None:
    strategy = genetic(toy_setup(objectives=(objective,)), population_size=4, target_value=target)
    proposals = strategy.ask(4)
    tell(strategy, proposals[0], short, macs=short)
    assert not strategy.done()
    tell(strategy, proposals[1], reached, macs=reached)
    assert strategy.done()


def test_a_target_reached_by_breaking_a_constraint_does_not_count() -> None:
    strategy = genetic(toy_setup(constraints=("latency_ms<=5",)), population_size=4, target_value=0.8)
    proposals = strategy.ask(4)
    tell(strategy, proposals[0], 0.9, latency_ms=6.0)
    assert not strategy.done()
    tell(strategy, proposals[1], 0.8, latency_ms=5.0)
    assert strategy.done()


def test_elites_are_fewer_than_the_population() -> None:
    with pytest.raises(InvalidConfig, match="fewer than the population size"):
        GeneticConfig.parse({"population_size": 4, "elites": 4})


# --- does it search ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("settings", [{}, {"selection": "roulette"}, {"selection": "truncation"}], ids=str)
def test_it_beats_random_search_on_the_toy_problem(seed: int, settings: dict[str, Any]) -> None:
    """100 bits, noise 0.01, 1,000 evaluations."""
    setup = toy_setup(seed=seed)

    def best(strategy: Any) -> float:
        return max(trial.result.metrics["accuracy"] for trial in search(strategy, setup, Budget(trials=1_000)))

    assert best(genetic(setup, **settings)) >= 0.8
    assert best(RandomSearch(RandomSearchConfig(), setup)) <= 0.75
