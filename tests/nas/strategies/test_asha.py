"""ASHA: who is promoted when, failures, what is remembered, what the inner strategy learns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.core.errors import InvalidConfig
from nas.core.proposal import Proposal
from nas.strategies.asha import Asha, AshaConfig
from nas.strategies.random import RandomSearch, RandomSearchConfig
from tests.contracts.strategy_contract import stored
from tests.contracts.toys import toy_setup
from tests.nas.strategies.races import asha, epochs, inner_pending, one, tell


def fill(race: Asha, values: list[float | None]) -> list[Proposal]:
    """That many newcomers are asked for at once, then told."""
    asked = race.ask(len(values))
    for proposal, value in zip(asked, values, strict=True):
        tell(race, proposal, value)
    return asked


# --- the rule: the best ⌊n/η⌋ of a rung that are not promoted yet, the highest rung first ---------------------------


@pytest.mark.parametrize(
    ("rung", "goes_on"),
    [
        ([], None),
        ([0.5], None),
        ([0.5, 0.9], None),  # ⌊2/3⌋ = 0
        ([0.5, 0.9, 0.1], 1),
        ([0.9, 0.9, 0.1], 0),  # of equals the earlier
        ([0.1, 0.2, 0.3, 0.4, 0.5], 4),
        ([None, None, 0.1], 2),  # failures are results, the worst ones
        ([None, None, None], None),
        ([0.3, None, None, None, None, None], 0),
    ],
)
def test_who_goes_on_from_one_rung(rung: list[float | None], goes_on: int | None) -> None:
    race = asha(max_epochs=9)
    fill(race, rung)
    following = one(race)
    assert following.continues == goes_on
    assert epochs(following) == (1 if goes_on is None else 3)


def test_who_was_promoted_keeps_its_place_among_the_best() -> None:
    race = asha(max_epochs=9)
    fill(race, [0.9, 0.5, 0.1])
    assert one(race).continues == 0
    assert [p.continues for p in race.ask(3)] == [None] * 3  # three more, ⌊3/3⌋ = 1 place, taken
    tell(race, Proposal.from_json(race.state_dict().data["pending"][1]), 0.2)
    assert one(race).continues is None
    for pending in race.state_dict().data["pending"][1:3]:
        tell(race, Proposal.from_json(pending), 0.3)
    assert one(race).continues == 1  # six results: two places, the second is that of 0.5


def test_a_late_better_one_takes_a_place_of_its_own() -> None:
    """Promotions are not taken back: the third best was promoted early, the rule then goes by rank alone."""
    race = asha(max_epochs=9)
    fill(race, [0.3, 0.2, 0.1])
    assert one(race).continues == 0
    later = fill(race, [0.9, 0.8, 0.05])
    assert [one(race).continues, one(race).continues] == [later[0].id, later[1].id]
    assert one(race).continues is None


def test_the_highest_rung_comes_first_and_nobody_leaves_the_top() -> None:
    race = asha(max_epochs=9)
    fill(race, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    second = race.ask(3)
    assert [p.continues for p in second] == [0, 1, 2]
    newcomers = race.ask(3)
    for proposal, value in zip(newcomers, [0.99, 0.98, 0.97], strict=True):
        tell(race, proposal, value)  # now the lowest rung has candidates too
    for proposal, value in zip(second, [0.5, 0.7, 0.6], strict=True):
        tell(race, proposal, value)
    top = one(race)
    assert (top.continues, top.began_as, epochs(top)) == (second[1].id, 1, 9)
    tell(race, top, 0.9)
    assert one(race).continues == newcomers[0].id
    assert top.id not in race.checkpoints_needed()


def test_a_failed_promotion_is_the_worst_of_its_rung() -> None:
    race = asha(max_epochs=9)
    fill(race, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    second = race.ask(3)
    for proposal in second:
        tell(race, proposal, 0.5 if proposal is second[2] else None)
    assert one(race).continues == second[2].id


def test_a_skipped_rung_begins_higher() -> None:
    race = asha(max_epochs=27, skipped_rungs=2)
    first = fill(race, [0.1, 0.9, 0.2])
    assert {epochs(p) for p in first} == {9}
    assert (one(race).continues, race._ladder) == (1, (9, 27))
    with pytest.raises(InvalidConfig, match="at most 3 of the 4 rungs can be skipped, got 4"):
        AshaConfig.parse({"skipped_rungs": 4})


def test_a_rung_compares_its_latest_results_only() -> None:
    race = asha(max_epochs=3, remembered=10)
    fill(race, [0.9] * 10)
    assert {p.continues for p in race.ask(3)} == {0, 1, 2}
    fill(race, [0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0])
    # The twenty would have six places, all for 0.9; the ten latest have three.
    assert {proposal.continues for proposal in race.ask(4) if proposal.continues is not None} <= set(range(13, 24))


# --- the inner strategy --------------------------------------------------------------------------------------------


def test_the_inner_strategy_is_told_at_once_unless_a_promotion_is_due() -> None:
    race = asha(inner="aging_evolution", max_epochs=9)
    fill(race, [0.5, 0.4, 0.9])
    assert inner_pending(race) == {2}
    promotion = one(race)
    assert promotion.continues == 2
    assert inner_pending(race) == {2}
    tell(race, promotion, 0.95)
    assert inner_pending(race) == set()
    (population,) = [view.data for view in race.views() if view.name == "population"]
    assert population["fitness"] == [0.5, 0.4, 0.95]


def test_a_failed_promotion_leaves_the_earlier_result() -> None:
    race = asha(inner="aging_evolution", max_epochs=9)
    fill(race, [0.5, 0.4, 0.9])
    tell(race, one(race), None)
    (population,) = [view.data for view in race.views() if view.name == "population"]
    assert population["fitness"] == [0.5, 0.4, 0.9]


def test_who_is_overtaken_before_its_promotion_is_told_then() -> None:
    race = asha(inner="aging_evolution", max_epochs=9)
    asked = race.ask(4)
    for proposal, value in zip(asked, [0.5, 0.4, 0.9, 0.95], strict=True):
        tell(race, proposal, value)
    assert inner_pending(race) == {3}  # one place for four: it is the last one's now
    assert one(race).continues == 3


# --- any order -----------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(st.data())
def test_any_order_of_results(data: st.DataObject) -> None:
    """Cut anywhere, failing anywhere: who goes on is due by the rule, and a newcomer begins only when nobody is."""
    width = data.draw(st.integers(1, 9))
    config: dict[str, Any] = {"max_epochs": 9, "inner": data.draw(st.sampled_from(["random", "aging_evolution"]))}
    race = asha(**config)
    out: list[Proposal] = []
    rungs: dict[int, dict[int, float]] = {1: {}, 3: {}, 9: {}}  # epochs → proposal → its loss, infinite for a failure
    gone_on: set[int] = set()
    needed: frozenset[int] = frozenset()

    def due(length: int) -> set[int]:
        ranked = sorted(rungs[length], key=lambda number: (rungs[length][number], number))
        return {n for n in ranked[: len(ranked) // 3] if n not in gone_on and rungs[length][n] < float("inf")}

    for _ in range(40):
        for proposal in race.ask(width - len(out)):
            out.append(proposal)
            if proposal.continues is None:
                assert not due(1)
                assert not due(3)
            else:
                assert proposal.continues in due(epochs(proposal) // 3) & needed
                assert not (due(3) if epochs(proposal) == 3 else set())
                gone_on.add(proposal.continues)
        proposal = out.pop(data.draw(st.integers(0, len(out) - 1)))
        value = data.draw(st.one_of(st.none(), st.floats(0, 1)))
        tell(race, proposal, value)
        rungs[epochs(proposal)][proposal.id] = float("inf") if value is None else -value
        needed = race.checkpoints_needed()
        if data.draw(st.booleans()):
            state = stored(race.state_dict())
            race = asha(**config)
            race.load_state_dict(state)


def test_it_ends_with_the_last_promotion_when_the_inner_strategy_has_nothing_more() -> None:
    setup = toy_setup(num_bits=2)
    race = asha(setup, max_epochs=9)
    race._inner = RandomSearch(RandomSearchConfig(avoid_duplicates=True), setup)
    first = race.ask(9)
    assert len(first) == 4
    assert not race.done()  # their results may still bring promotions
    for proposal in first:
        tell(race, proposal, 0.5)
    assert not race.done()
    tell(race, one(race), 0.9)
    assert race.done()
