"""NSGA-II: fronts under constraints, who breeds and who survives, generations, duplicates, and a problem it must solve."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from numpy.random import Generator

from nas.core.errors import InvalidConfig
from nas.core.intervention import ChangeConstraints
from nas.core.objective import Constraint
from nas.core.proposal import Genotype, Proposal
from nas.core.setup import SearchSetup
from nas.spaces.random_wiring import RandomWiring
from nas.spaces.random_wiring_config import RandomWiringConfig
from nas.strategies.nsga2 import Nsga2, Nsga2Config, standings
from nas.strategies.population import Member
from tests.contracts.toys import BitsConfig, BitStrings, toy_setup
from tests.nas.strategies.populations import bits, cancel, fail, full, shown, tell

TWO = ("accuracy", "macs")


def nsga2(setup: SearchSetup | None = None, **settings: Any) -> Nsga2:
    return Nsga2(Nsga2Config.parse(settings), setup or toy_setup(objectives=TWO))


def members(points: list[tuple[float, float]], latencies: list[float] | None = None) -> list[Member]:
    """Of two objectives; the first is minimised as -accuracy."""
    metrics = [{"accuracy": -first, "macs": second} for first, second in points]
    for i, latency in enumerate(latencies or []):
        metrics[i]["latency_ms"] = latency
    return [Member(i, {"bits": "0"}, measured, i) for i, measured in enumerate(metrics)]


# --- standing ------------------------------------------------------------------------------------------------------


def test_the_worked_example_has_four_fronts() -> None:
    points = [(1, 9), (2, 7), (3, 8), (4, 4), (5, 5), (6, 3), (7, 6), (8, 1), (9, 2), (2, 9), (10, 10)]
    ranks = [place.rank for place in standings(members(points), toy_setup(objectives=TWO))]
    assert ranks == [0, 0, 1, 0, 1, 0, 2, 0, 1, 1, 3]


def test_crowding_counts_within_the_own_front() -> None:
    points = [(0.0, 10.0), (1.0, 6.0), (2.0, 4.0), (10.0, 0.0), (20.0, 20.0)]
    crowding = [place.crowding for place in standings(members(points), toy_setup(objectives=TWO))]
    assert crowding == pytest.approx([inf, 0.8, 1.5, inf, inf])


def test_who_breaks_a_constraint_comes_after_all_who_keep_it_in_the_order_of_violation() -> None:
    setup = toy_setup(objectives=TWO, constraints=("latency_ms<=10",))
    points = [(0.0, 0.0), (5.0, 5.0), (6.0, 6.0), (1.0, 1.0), (9.0, 9.0)]
    found = standings(members(points, [11.0, 10.0, 1.0, 30.0, 11.0]), setup)
    assert [place.rank for place in found] == [2, 0, 1, 3, 2]


def test_when_all_break_it_the_least_violation_is_the_first_front() -> None:
    setup = toy_setup(objectives=TWO, constraints=("latency_ms<=10",))
    found = standings(members([(0.0, 0.0), (1.0, 1.0)], [30.0, 20.0]), setup)
    assert [place.rank for place in found] == [1, 0]


# --- survival and selection ----------------------------------------------------------------------------------------


def test_whole_fronts_survive_and_the_last_one_is_cut_by_crowding() -> None:
    """Two children are a new front 1; the four places after them go to 0 and 1, then to 2 and 5, the ends of the third."""
    strategy = nsga2(population_size=6)
    full(strategy, [0.90, 0.60, 0.80, 0.79, 0.70, 0.40], macs=[50.0, 10.0, 60.0, 58.0, 55.0, 20.0])
    view = shown(strategy, "fronts")
    assert dict(zip(view["id"], view["front"], strict=True)) == {0: 1, 1: 1, 2: 2, 3: 2, 4: 2, 5: 2}
    children = strategy.ask(6)
    tell(strategy, children[0], 0.95, macs=5.0)
    tell(strategy, children[1], 0.55, macs=4.0)
    for child in children[2:]:
        tell(strategy, child, 0.01, macs=99.0)
    view = shown(strategy, "fronts")
    assert view["id"] == [children[0].id, children[1].id, 0, 1, 2, 5]
    assert view["front"] == [1, 1, 2, 2, 3, 3]


def test_parents_win_by_front_then_by_crowding() -> None:
    """Of three, in a tournament of two without replacement the worst never wins and the best wins two of three."""
    strategy = nsga2(population_size=3, crossover_probability=0)
    full(strategy, [0.9, 0.8, 0.7], macs=[10.0, 20.0, 30.0])
    counts = [0, 0, 0]
    for _ in range(40):
        for child in strategy.ask(3):
            counts[child.parents[0]] += 1
            cancel(strategy, child)
    assert counts[2] == 0
    assert 55 <= counts[0] <= 105  # 80 expected of 120, sd 5


def test_dominance_lets_incomparable_fronts_compete() -> None:
    """All but 2 are front 1; 2 is dominated by 0 alone, and alone on its front: less crowded than 3 and 4."""
    accuracies, macs = [0.9, 0.2, 0.8, 0.3, 0.25], [50.0, 10.0, 60.0, 12.0, 11.0]

    def parents(tournament: str) -> set[int]:
        strategy = nsga2(population_size=5, crossover_probability=0, tournament=tournament)
        full(strategy, accuracies, macs=macs)
        found: set[int] = set()
        for _ in range(60):
            for child in strategy.ask(5):
                found |= set(child.parents)
                cancel(strategy, child)
        return found

    assert 2 not in parents("rank")
    assert 2 in parents("dominance")


def test_constraints_that_change_judge_the_parents_anew() -> None:
    strategy = nsga2(population_size=3, crossover_probability=0)
    full(strategy, [0.9, 0.8, 0.1], macs=[10.0, 20.0, 30.0], latency_ms=[50.0, 40.0, 1.0])
    assert shown(strategy, "fronts")["id"][0] == 0
    strategy.intervene(ChangeConstraints((Constraint.from_text("latency_ms<=5"),)))
    assert shown(strategy, "fronts")["id"] == [2, 1, 0]
    assert {child.parents[0] for child in strategy.ask(3)} <= {1, 2}


# --- generations ---------------------------------------------------------------------------------------------------


def test_a_generation_is_awaited_and_a_failed_child_leaves_its_place() -> None:
    strategy = nsga2(population_size=4)
    first = strategy.ask(9)
    assert [proposal.operator for proposal in first] == ["random"] * 4
    for proposal in first[:3]:
        tell(strategy, proposal, macs=1.0)
    fail(strategy, first[3])
    (again,) = strategy.ask(9)
    assert again.operator == "random"
    tell(strategy, again, macs=1.0)
    assert shown(strategy, "fronts")["generation"] == 1
    children = strategy.ask(9)
    assert len(children) == 4
    assert all(child.parents for child in children)


def test_in_the_steady_state_nobody_waits_and_each_result_renews_the_parents() -> None:
    strategy = nsga2(population_size=3, renewal="every_result")
    full(strategy, [0.5, 0.4, 0.3], macs=[5.0, 6.0, 7.0])
    children = strategy.ask(9)
    assert len(children) == 9
    tell(strategy, children[4], 0.9, macs=1.0)
    view = shown(strategy, "fronts")
    assert view["id"] == [children[4].id, 0, 1]
    assert view["generation"] == 2


def test_offspring_differ_from_parents_and_from_each_other() -> None:
    strategy = nsga2(toy_setup(objectives=TWO, num_bits=12), population_size=16, mutation_probability=0)
    for _ in range(10):
        alive = [member["genotype"]["bits"] for member in strategy.state_dict().data["own"]["parents"]]
        children = strategy.ask(16)
        new = [bits(child) for child in children]
        assert len({*new, *alive}) == len(new) + len(alive)
        for child, text in zip(children, new, strict=True):
            tell(strategy, child, text.count("1") / 12, macs=float(text[:6].count("1")))


def test_a_space_used_up_gives_duplicates_rather_than_nothing() -> None:
    strategy = nsga2(toy_setup(objectives=TWO, num_bits=1), population_size=2)
    full(strategy, [0.5, 0.4], macs=[1.0, 2.0])
    assert len(strategy.ask(2)) == 2


def test_copies_are_only_trained_when_duplicates_are_allowed() -> None:
    settings = {"crossover_probability": 0, "mutation_probability": 0, "population_size": 4}

    def operators(**more: Any) -> set[str]:
        strategy = nsga2(**settings, **more)
        full(strategy, [0.1, 0.2, 0.3, 0.4], macs=[1.0] * 4)
        return {child.operator for child in strategy.ask(4)}

    assert operators() == {"mutate:flip"}
    assert operators(avoid_duplicates=False) == {"copy"}


def test_children_keep_the_constraints_on_costs() -> None:
    strategy = nsga2(toy_setup(objectives=TWO, constraints=("params<=1003",)), population_size=5)  # at most 49 ones
    for _ in range(10):
        for child in strategy.ask(5):
            assert bits(child).count("1") <= 49
            tell(strategy, child, bits(child).count("1") / 100, macs=1.0)


def test_it_needs_a_space_that_can_cross() -> None:
    class Uncrossed(BitStrings):
        crossover = None  # type: ignore[assignment]  # as if it were not there

    with pytest.raises(InvalidConfig, match="crossable"):
        nsga2(toy_setup(space=Uncrossed(BitsConfig())))


# --- a problem with a known front ----------------------------------------------------------------------------------


class TenBits(BitStrings):
    """As published for the problem: one-point crossover at an inner point, and each bit flipped with probability 1/10."""

    def mutate(self, genotype: Genotype, rng: Generator) -> Any:
        flips = rng.random(10) < 0.1
        flipped = "".join("01"[(bit == "1") != bool(flip)] for bit, flip in zip(genotype["bits"], flips, strict=True))
        return type(super().mutate(genotype, rng))({"bits": flipped}, "flips", ("bits",))


def leading_ones_trailing_zeros(proposal: Proposal) -> tuple[int, int]:
    text = bits(proposal)
    return len(text) - len(text.lstrip("1")), len(text) - len(text.rstrip("0"))


@pytest.mark.parametrize("settings", [{}, {"tournament": "dominance"}, {"renewal": "every_result"}])
@pytest.mark.parametrize("seed", range(10))
def test_it_finds_the_whole_front_of_leading_ones_and_trailing_zeros(seed: int, settings: dict[str, Any]) -> None:
    """LOTZ with 10 bits, population 40: the front is the 11 points (k, 10 - k); within 80 generations."""
    setup = toy_setup(seed=seed, space=TenBits(BitsConfig(num_bits=10)), objectives=("accuracy", "latency_ms"))
    strategy = nsga2(setup, population_size=40, mutation_probability=1, avoid_duplicates=False, **settings)
    for _ in range(80):
        for child in strategy.ask(40):
            ones, zeros = leading_ones_trailing_zeros(child)
            tell(strategy, child, ones / 10, latency_ms=10.0 - zeros)
        view = shown(strategy, "fronts")
        first = [i for i, front in enumerate(view["front"]) if front == 1]
        found = {(round(10 * view["objectives"]["accuracy"][i]), view["objectives"]["latency_ms"][i]) for i in first}
        if found == {(k, float(k)) for k in range(11)}:
            return
    pytest.fail(f"after 80 generations the front is {sorted(found)}")


# --- exploitation (NSGA-Net) ---------------------------------------------------------------------------------------


def nsga_net(num_bits: int = 12, **settings: Any) -> Nsga2:
    schedule = {"population_size": 6, "explore_generations": 2, "exploit_generations": 2}
    return nsga2(toy_setup(objectives=TWO, num_bits=num_bits), **{**schedule, **settings})


def generation(strategy: Nsga2) -> list[Proposal]:
    """Asked for at once; accuracy counts the ones, macs are their number in the first half."""
    asked = strategy.ask(99)
    for proposal in asked:
        text = bits(proposal)
        tell(strategy, proposal, text.count("1") / len(text), macs=float(text[: len(text) // 2].count("1")))
    return asked


def test_it_explores_then_exploits_then_ends() -> None:
    strategy = nsga_net()
    operators = []
    phases = []
    while not strategy.done():
        phases.append(shown(strategy, "fronts")["search_phase"])
        operators.append({proposal.operator.partition("+")[0] for proposal in generation(strategy)})
    assert phases == ["explore", "explore", "exploit", "exploit"]
    assert operators[0] == {"random"}
    assert operators[1] <= {"crossover", "mutate:flip"}
    assert operators[2:] == [{"exploit"}, {"exploit"}]
    assert strategy.ask(1) == []


def test_without_exploiting_generations_it_explores_for_ever() -> None:
    strategy = nsga_net(exploit_generations=0, explore_generations=1)
    for _ in range(6):
        assert not any("exploit" in proposal.operator for proposal in generation(strategy))
    assert "phase" not in shown(strategy, "fronts")
    assert strategy.state_dict().data["own"]["archive"] == []


def test_children_are_made_of_phases_of_the_better_half_and_one_mutation() -> None:
    """All of the better half begin with 1 and end with 0, the others the other way round."""
    strategy = nsga_net(population_size=8, explore_generations=1, marginal_probability=0.0)
    first = strategy.ask(8)
    good = {bits(p) for p in sorted(first, key=lambda p: bits(p).count("1"))[:4]}
    for proposal in first:
        tell(strategy, proposal, 0.9 if bits(proposal) in good else 0.1, macs=1.0 if bits(proposal) in good else 9.0)
    seen = [{text[place] for text in good} for place in range(12)]
    for child in strategy.ask(8):
        strange = [place for place, bit in enumerate(bits(child)) if bit not in seen[place]]
        assert len(strange) <= 1
        assert set(child.meta["changed"]) >= {f"bits.{place}" for place in strange}
        assert child.parents == ()
    assert any(len(there) == 1 for there in seen)  # so there is something that no draw may have


def test_the_archive_keeps_the_best_of_all_complete_generations() -> None:
    strategy = nsga_net(archive_size=8, explore_generations=3)
    everyone: list[Proposal] = []
    for _ in range(3):
        everyone += generation(strategy)
        archive = strategy.state_dict().data["own"]["archive"]
        assert len(archive) == min(8, len(everyone))
    measured = [Member(p.id, p.genotype or {}, {"accuracy": bits(p).count("1") / 12, "macs": 0.0}, 0) for p in everyone]
    best = max(member.metrics["accuracy"] for member in measured)
    assert max(member["metrics"]["accuracy"] for member in archive) == best


def test_the_picture_tells_who_was_drawn_from_what_was_learnt() -> None:
    strategy = nsga_net()
    for _ in range(2):
        generation(strategy)
    assert set(shown(strategy, "fronts")["phase"]) == {"explore"}
    exploited = {proposal.id for proposal in generation(strategy)}
    view = shown(strategy, "fronts")
    assert {i for i, phase in zip(view["id"], view["phase"], strict=True) if phase == "exploit"} == exploited & set(
        view["id"]
    )


def test_a_changed_constraint_holds_for_what_is_learnt_and_drawn() -> None:
    strategy = nsga_net(explore_generations=1)
    generation(strategy)
    strategy.intervene(ChangeConstraints((Constraint.from_text("params<=120"),)))
    for child in strategy.ask(6):
        assert child.genotype is not None
        assert strategy.setup.cost(child.genotype).params <= 120


def test_a_space_without_decisions_and_a_steady_state_cannot_exploit() -> None:
    with pytest.raises(InvalidConfig, match="renewal by generation"):
        Nsga2Config.parse({"exploit_generations": 1, "renewal": "every_result"})
    space = RandomWiring(RandomWiringConfig())
    with pytest.raises(InvalidConfig, match="no phases to learn") as raised:
        nsga2(toy_setup(objectives=TWO, space=space), exploit_generations=1)
    assert [error.field for error in raised.value.errors] == ["exploit_generations"]
    assert nsga2(toy_setup(objectives=TWO, space=space)).ask(1)
