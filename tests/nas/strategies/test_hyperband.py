"""Hyperband: the published table, who is promoted, brackets that overlap, what the inner strategy learns."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints, Retry
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.strategies.hyperband import Hyperband, HyperbandConfig, bracket_size, num_kept
from nas.strategies.inner_strategy import inner_choices
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.strategy_contract import stored
from tests.contracts.toys import toy_setup
from tests.nas.strategies.races import epochs, hyperband, inner_pending, one, tell

TABLE = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(34, 3), (11, 9), (3, 27), (1, 81)],
    [(15, 9), (5, 27), (1, 81)],
    [(8, 27), (2, 81)],
    [(5, 81)],
]
"""Trainings and epochs of each rung for R = 81 and η = 3, by the formulas of algorithm 1."""


def quality(proposal: Proposal) -> float:
    """A different value for every candidate, the same at every length."""
    candidate = proposal.id if proposal.began_as is None else proposal.began_as
    return (candidate * 37 % 1009) / 1009


def whole_round(race: Hyperband, num_brackets: int) -> list[Proposal]:
    """One result at a time until those brackets are over."""
    done = []
    while True:
        proposal = one(race)
        if proposal.meta["bracket"] == num_brackets:
            return done
        tell(race, proposal, quality(proposal))
        done.append(proposal)


# --- the table -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(5))
def test_the_formulas_give_the_table(place: int) -> None:
    eagerness = 4 - place
    size = bracket_size(eagerness, 5, 3)
    assert [num_kept(size, rung, 3) for rung in range(eagerness + 1)] == [num for num, _ in TABLE[place]]


def test_a_round_of_brackets_trains_exactly_the_table() -> None:
    trained: dict[int, Counter[int]] = defaultdict(Counter)
    total = increments = 0
    length: dict[int, int] = {}
    proposals = whole_round(hyperband(max_epochs=81), 5)
    for proposal in proposals:
        trained[proposal.meta["bracket"]][epochs(proposal)] += 1
        length[proposal.id] = epochs(proposal)
        total += epochs(proposal)
        increments += epochs(proposal) - (length[proposal.continues] if proposal.continues is not None else 0)
    assert [[(trained[b][r], r) for r in sorted(trained[b])] for b in range(5)] == TABLE
    assert (total, increments) == (1902, 1581)
    assert sum(proposal.continues is None for proposal in proposals) == 143
    assert {proposal.fidelity["schedule_epochs"] for proposal in proposals} == {81}


@pytest.mark.parametrize(
    ("config", "ladder"),
    [
        ({}, (1, 3, 9, 27)),
        ({"max_epochs": 81}, (1, 3, 9, 27, 81)),
        ({"min_epochs": 2, "max_epochs": 50}, (6, 17, 50)),
        ({"min_epochs": 7, "max_epochs": 20}, (20,)),
        ({"min_epochs": 7, "max_epochs": 21}, (7, 21)),
        ({"max_epochs": 10_000, "reduction_factor": 10}, (1, 10, 100, 1000, 10_000)),
        ({"rungs": [12, 200]}, (12, 200)),
    ],
)
def test_ladders(config: dict[str, Any], ladder: tuple[int, ...]) -> None:
    assert HyperbandConfig.parse(config).ladder == ladder


# --- promotions ----------------------------------------------------------------------------------------------------


def test_the_best_of_a_full_rung_go_on_from_their_own_checkpoint() -> None:
    race = hyperband(max_epochs=9, num_brackets=1)
    first = race.ask(9)
    assert [epochs(p) for p in first] == [1] * 9
    for proposal, value in zip(first, [0.1, 0.9, 0.3, 0.8, 0.2, 0.5, 0.7, 0.4, 0.6], strict=True):
        tell(race, proposal, value)
    second = race.ask(3)
    assert [(p.continues, p.began_as, p.parents, epochs(p), p.operator) for p in second] == [
        (place, place, (place,), 3, "promote") for place in (1, 3, 6)
    ]
    assert [p.genotype for p in second] == [first[place].genotype for place in (1, 3, 6)]
    for proposal, value in zip(second, [0.91, 0.95, 0.93], strict=True):
        tell(race, proposal, value)
    last = one(race)
    assert (last.continues, last.began_as, last.seed_id, epochs(last)) == (second[1].id, 3, 3, 9)


def test_failed_trainings_are_the_worst_and_never_go_on() -> None:
    race = hyperband(max_epochs=9, num_brackets=1)
    first = race.ask(9)
    for proposal in first:
        tell(race, proposal, 0.01 if proposal.id in (4, 7) else None)
    second = [one(race), one(race)]
    assert [p.continues for p in second] == [4, 7]  # of three places, two can be filled
    for proposal in second:
        tell(race, proposal, None)
    assert one(race).meta["bracket"] == 1


def test_of_equals_the_earlier_go_on() -> None:
    race = hyperband(max_epochs=9, num_brackets=1)
    for proposal in reversed(race.ask(9)):
        tell(race, proposal, 0.5)
    assert [p.continues for p in race.ask(3)] == [0, 1, 2]


def test_who_breaks_a_constraint_goes_on_only_after_all_who_keep_it() -> None:
    setup = toy_setup(constraints=("latency_ms<=5",))
    race = hyperband(setup, max_epochs=9, num_brackets=1)
    for proposal in race.ask(9):
        tell(
            race, proposal, 0.9 - proposal.id / 100, latency_ms=1.0 if proposal.id in (5, 8) else 9.0 - proposal.id / 10
        )
    assert [p.continues for p in race.ask(3)] == [5, 8, 7]  # 7 breaks it least of the others


def test_with_several_objectives_the_first_front_goes_on() -> None:
    race = hyperband(toy_setup(objectives=("accuracy", "macs")), max_epochs=9, num_brackets=1)
    macs = [9.0, 8.0, 7.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
    accuracy = [0.9, 0.8, 0.7, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    for proposal in race.ask(9):
        tell(race, proposal, accuracy[proposal.id], macs=macs[proposal.id])
    assert {p.continues for p in race.ask(3)} == {0, 1, 2}


def test_a_bracket_that_waits_keeps_nobody_idle() -> None:
    race = hyperband(max_epochs=9)
    first = race.ask(9)
    for proposal in first[:8]:
        tell(race, proposal, quality(proposal))
    others = race.ask(10)
    assert [p.meta["bracket"] for p in others] == [1] * 5 + [2] * 3 + [3] * 2
    tell(race, first[8], 0.999)
    assert one(race).continues == 8  # the older bracket comes first


# --- the inner strategy --------------------------------------------------------------------------------------------


def test_the_inner_strategy_is_told_once_by_the_longest_training() -> None:
    race = hyperband(inner="aging_evolution", max_epochs=9, num_brackets=1)
    first = race.ask(9)
    for proposal in first:
        tell(race, proposal, quality(proposal))
    going_on = {p.continues for p in race.ask(3)}
    assert inner_pending(race) == going_on
    for proposal in list(race.state_dict().data["pending"]):
        tell(race, Proposal.from_json(proposal), 0.95 if proposal["continues"] == max(going_on) else 0.94)
    tell(race, one(race), 0.99)
    assert inner_pending(race) == set()
    (population,) = [view.data for view in race.views() if view.name == "population"]
    assert sorted(population["id"]) == list(range(9))
    assert sorted(population["fitness"])[-3:] == [0.94, 0.94, 0.99]


def test_an_inner_strategy_that_waits_is_told_what_is_known() -> None:
    """Its first population is smaller than the bracket: without a word from the rung both would wait for ever."""
    race = hyperband(inner="aging_evolution", max_epochs=27, num_brackets=1)
    first = race.ask(27)
    assert len(first) == 20
    for proposal in first[:19]:
        tell(race, proposal, quality(proposal))
    assert race.ask(1) == []
    assert inner_pending(race) == {19}
    tell(race, first[19], 0.5)
    child = one(race)
    assert child.operator.startswith("mutate")
    assert child.parents[0] in range(20)


def test_parents_are_named_by_our_own_numbers() -> None:
    race = hyperband(inner="aging_evolution", max_epochs=3)  # promotions lie between: the two counts drift apart
    asked: dict[int, Proposal] = {}
    for _ in range(80):
        proposal = one(race)
        asked[proposal.id] = proposal
        tell(race, proposal, quality(proposal))
    children = [p for p in asked.values() if p.operator.startswith("mutate")]
    assert len(children) > 10
    for child in children:
        assert child.genotype is not None
        parent = asked[child.parents[0]].genotype
        assert parent is not None
        assert sum(a != b for a, b in zip(child.genotype["bits"], parent["bits"], strict=True)) == 1


def test_a_model_inside_is_stored_and_restored_with_its_numbers() -> None:
    whole, cut = (hyperband(toy_setup(num_bits=12), inner="bayesian", max_epochs=3) for _ in range(2))
    for _ in range(16):
        for race in (whole, cut):
            tell(race, proposal := one(race), quality(proposal))
    state = stored(cut.state_dict())
    cut = hyperband(toy_setup(num_bits=12), inner="bayesian", max_epochs=3)
    cut.load_state_dict(state)
    for _ in range(8):
        proposal = one(whole)
        assert one(cut) == proposal
        for race in (whole, cut):
            tell(race, proposal, quality(proposal))
    assert stored(cut.state_dict()).data == stored(whole.state_dict()).data


def test_when_the_inner_strategy_runs_out_the_race_is_still_run() -> None:
    setup = toy_setup(num_bits=2)
    race = hyperband(setup, max_epochs=9)
    race._inner = RandomSearch(RandomSearchConfig(avoid_duplicates=True), setup)
    lengths = []
    while not race.done():
        for proposal in race.ask(3):
            lengths.append(epochs(proposal))
            tell(race, proposal, quality(proposal))
    assert Counter(lengths) == {1: 4, 3: 3, 9: 1}
    assert race.ask(1) == []


def test_impossible_inner_strategies_are_refused_by_name() -> None:
    for inner, said in (
        ("hyperband", "cannot propose for another strategy; there are random"),
        ("nothing", "there is no strategy 'nothing'"),
        ("aging_evolution:fast", "has no preset 'fast'; there are: paper"),
    ):
        with pytest.raises(InvalidConfig, match=said):
            HyperbandConfig.parse({"inner": inner})
    values = [value for value, _ in inner_choices()]
    assert {"random", "aging_evolution", "aging_evolution:paper"} <= set(values)
    assert not {"hyperband", "asha"} & set(values)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"min_epochs": 30}, r"at least the shortest \(30\), got 27"),
        ({"rungs": [3, 3]}, "each longer than the one before"),
        ({"rungs": [0, 3]}, "must be at least 1, got 0"),
    ],
)
def test_impossible_ladders_are_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said):
        HyperbandConfig.parse(config)


# --- people --------------------------------------------------------------------------------------------------------


def test_what_people_ask_for_takes_no_place_in_a_rung() -> None:
    race = hyperband(inner="aging_evolution", max_epochs=9, num_brackets=1)
    first = race.ask(9)
    tell(race, first[0], None)
    race.intervene(AddArchitecture({"bits": "1" * 100}))
    race.intervene(Retry((first[0],)))
    added, again = race.ask(2)
    assert (added.operator, epochs(added)) == ("added", 9)
    assert (again.operator, epochs(again), again.seed_id) == ("retry", 1, again.id)
    tell(race, added, 0.99)
    tell(race, again, 0.98)
    for proposal in first[1:]:
        tell(race, proposal, quality(proposal))
    assert all(p.continues in range(1, 9) for p in race.ask(3))
    (population,) = [view.data for view in race.views() if view.name == "population"]
    assert {0.99, 0.98} <= set(population["fitness"])


def test_a_new_constraint_keeps_those_that_break_it_from_going_on() -> None:
    race = hyperband(max_epochs=9, num_brackets=1)
    first = race.ask(9)
    for proposal in first:
        tell(race, proposal, quality(proposal))
    by_params = sorted(first, key=lambda p: race.setup.cost(p.genotype or {}).params)
    limit = race.setup.cost(by_params[0].genotype or {}).params
    race.intervene(ChangeConstraints((Constraint.from_text(f"params<={limit}"),)))
    assert all(race.setup.cost(p.genotype or {}).params <= limit for p in race.ask(4))


# --- any order -----------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.data())
def test_any_order_of_results_fills_the_same_rungs(data: st.DataObject) -> None:
    """Whoever ends first, at any number in flight, cut anywhere: each bracket trains its table, no checkpoint is missed."""
    race = hyperband(max_epochs=9)
    width = data.draw(st.integers(1, 12))
    out: list[Proposal] = []
    trained: Counter[tuple[int, int]] = Counter()
    told: set[int] = set()
    needed: frozenset[int] = frozenset()
    for _ in range(60):
        for proposal in race.ask(width - len(out)):
            if proposal.continues is not None:
                assert proposal.continues in told
                assert proposal.continues in needed
            trained[proposal.meta["bracket"], epochs(proposal)] += 1
            out.append(proposal)
        proposal = out.pop(data.draw(st.integers(0, len(out) - 1)))
        tell(race, proposal, quality(proposal))
        told.add(proposal.id)
        needed = race.checkpoints_needed()
        if data.draw(st.booleans()):
            state = stored(race.state_dict())
            race = hyperband(max_epochs=9)
            race.load_state_dict(state)
            assert race.checkpoints_needed() == needed
    size = {0: {1: 9, 3: 3, 9: 1}, 1: {3: 5, 9: 1}, 2: {9: 3}}
    still_open = {bracket["number"] for bracket in race.state_dict().data["own"]["race"]["open"]}
    begun = {bracket for bracket, _ in trained}
    for bracket in begun - still_open:
        assert {r: num for (b, r), num in trained.items() if b == bracket} == size[bracket % 3]
    for (bracket, length), num in trained.items():
        assert num <= size[bracket % 3][length]
    if width == 1:
        assert len(begun - still_open) >= 6
