"""Median stopping: the rule as a truth table, who goes on, what the inner strategy learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nas.core.errors import InvalidConfig
from nas.core.intervention import AddArchitecture, ChangeConstraints
from nas.core.objective import Constraint
from nas.core.proposal import Proposal
from nas.core.setup import SearchSetup
from nas.strategies.inner_strategy import inner_choices
from nas.strategies.median_stopping import SHOWN, MedianStopping, MedianStoppingConfig, is_behind, running_averages
from tests.contracts.toys import toy_setup
from tests.nas.strategies.races import epochs, inner_pending, one, tell


def race_of(setup: SearchSetup | None = None, **settings: Any) -> MedianStopping:
    small = {"check_every": 1, "max_epochs": 3, "num_startup": 3}
    return MedianStopping(MedianStoppingConfig.parse({**small, **settings}), setup or toy_setup())


def train(race: MedianStopping, *values: float) -> list[Proposal]:
    """One candidate, part after part, with these accuracies."""
    parts = []
    for value in values:
        parts.append(one(race))
        tell(race, parts[-1], value)
    return parts


def begun(race: MedianStopping) -> MedianStopping:
    """Three whole trainings: running averages of the accuracies 0.5 0.6 0.7, 0.4 0.5 0.6 and 0.6 0.65 0.7."""
    train(race, 0.5, 0.7, 0.9)
    train(race, 0.4, 0.6, 0.8)
    train(race, 0.6, 0.7, 0.8)
    return race


def test_running_averages() -> None:
    assert running_averages([[4.0, 1.0], [2.0, 1.0], [0.0, 4.0]]).tolist() == [[4.0, 1.0], [3.0, 1.0], [2.0, 2.0]]


# Losses 1 2 3, 3 2 1 and 2 2 2 average to 1 1.5 2, 3 2.5 2 and 2 2 2: medians 2, 2, 2.
AVERAGES = np.stack([running_averages([[loss] for loss in losses]) for losses in ([1, 2, 3], [3, 2, 1], [2, 2, 2])])


@pytest.mark.parametrize(
    ("losses", "behind"),
    [
        ([2.1], True),
        ([2.0], False),  # equal is not worse
        ([1.9], False),
        ([2.1, 2.1], True),
        ([2.1, 1.9], False),
        ([1.9, 9.0], False),  # the best so far counts, not the latest
        ([9.0, 9.0, 2.1], True),
        ([9.0, 9.0, 2.0], False),
    ],
)
def test_the_rule(losses: list[float], behind: bool) -> None:
    assert is_behind([[loss] for loss in losses], AVERAGES) is behind


@pytest.mark.parametrize(("losses", "behind"), [((2.1, 2.1), True), ((2.1, 1.9), False), ((1.9, 2.1), False)])
def test_with_several_objectives_only_who_is_worse_in_each_stops(losses: tuple[float, float], behind: bool) -> None:
    assert is_behind([losses], np.concatenate([AVERAGES, AVERAGES], axis=2)) is behind


def test_a_candidate_trains_in_parts_of_one_schedule() -> None:
    race = race_of(check_every=4, max_epochs=10)
    first, second, third = train(race, 0.1, 0.2, 0.3)
    assert [epochs(part) for part in (first, second, third)] == [4, 8, 10]
    assert {part.fidelity["schedule_epochs"] for part in (first, second, third)} == {10}
    assert (second.continues, second.began_as, second.operator) == (first.id, first.id, "promote")
    assert (third.continues, third.began_as, third.seed_id) == (second.id, first.id, first.id)
    assert one(race).continues is None


def test_nothing_stops_before_enough_whole_trainings() -> None:
    race = race_of(num_startup=4)
    begun(race)
    assert [part.continues is None for part in train(race, 0.1, 0.1, 0.1)] == [True, False, False]
    assert len(train(race, 0.1)) == 1
    assert one(race).continues is None  # now it does


def test_who_is_behind_stops_and_who_is_not_goes_on() -> None:
    """The medians of the three averages are 0.5, 0.6 and 0.7."""
    race = begun(race_of())
    (stopped,) = train(race, 0.49)
    newcomer = one(race)
    assert newcomer.continues is None
    tell(race, newcomer, 0.5)
    second = one(race)
    assert second.continues == newcomer.id
    tell(race, second, 0.59)  # its best so far is below 0.6
    assert one(race).continues is None
    (view, *_) = race.views()
    ended = dict(zip(view.data["candidate"], view.data["ended"], strict=True))
    assert ended == {0: "whole", 3: "whole", 6: "whole", stopped.id: "stopped", newcomer.id: "stopped"}
    assert view.data["median"]["value"] == pytest.approx([0.5, 0.6, 0.7])
    assert inner_pending(race) == {5}  # the one that was asked for last; all that ended were told


def test_a_warm_up_protects() -> None:
    race = begun(race_of(warmup_epochs=2))
    assert [part.continues is None for part in train(race, 0.1, 0.1)] == [True, False]
    assert one(race).continues is None


def test_it_compares_with_the_latest_only() -> None:
    race = race_of(num_startup=5, remembered=5)
    for _ in range(5):
        train(race, 0.9, 0.9, 0.9)
    (view, *_) = race.views()
    assert view.data["median"]["value"] == pytest.approx([0.9, 0.9, 0.9])
    for _ in range(5):
        train(race, 0.95, 0.99, 0.99)
    (view, *_) = race.views()
    assert len(set(view.data["candidate"])) == 5
    assert view.data["median"]["value"] == pytest.approx([0.95, 0.97, 0.97667], rel=1e-4)


def test_the_picture_shows_the_latest_of_all_that_are_compared_with() -> None:
    race = race_of()
    for _ in range(2 * SHOWN + 5):
        train(race, 0.5, 0.5, 0.5)
    (view, *_) = race.views()
    assert sorted(set(view.data["candidate"])) == [3 * number for number in range(SHOWN + 5, 2 * SHOWN + 5)]
    for _ in range(SHOWN):
        train(race, 0.9, 0.9, 0.9)
    (view, *_) = race.views()
    assert set(view.data["best"]) == {0.9}
    assert view.data["median"]["value"] == pytest.approx([0.5, 0.5, 0.5])  # those that are not shown count too


def test_a_failed_part_ends_the_candidate_and_leaves_what_was_known() -> None:
    race = race_of()
    first = one(race)
    tell(race, first, 0.5)
    second = one(race)
    tell(race, second, None)
    assert one(race).continues is None
    assert inner_pending(race) == {1}
    assert first.id not in race.checkpoints_needed()


def test_checkpoints_of_those_who_go_on_are_needed() -> None:
    race = begun(race_of())
    going, stopping = race.ask(2)
    tell(race, going, 0.9)
    tell(race, stopping, 0.1)
    assert race.checkpoints_needed() == {going.id}


def test_who_breaks_a_new_constraint_does_not_go_on() -> None:
    race = race_of()
    first = one(race)
    tell(race, first, 0.5)
    limit = race.setup.cost(first.genotype or {}).params - 1
    race.intervene(ChangeConstraints((Constraint.from_text(f"params<={limit}"),)))
    assert one(race).continues is None
    assert inner_pending(race) == {1}


def test_an_added_architecture_is_trained_to_the_end_at_once() -> None:
    race = race_of()
    race.intervene(AddArchitecture({"bits": "1" * 100}))
    assert epochs(one(race)) == 3


@pytest.mark.parametrize(
    ("settings", "at"),
    [
        ({"check_every": 1, "max_epochs": 101}, "at most 100"),
        ({"num_startup": 60, "remembered": 50}, "remembered"),
        ({"inner": "median_stopping"}, "cannot propose"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], at: str) -> None:
    with pytest.raises(InvalidConfig, match=at):
        MedianStoppingConfig.parse(settings)


def test_those_that_plan_trainings_are_no_inner_strategies() -> None:
    values = {value.partition(":")[0] for value, _ in inner_choices()}
    assert not values & {"median_stopping", "bohb", "hyperband"}
