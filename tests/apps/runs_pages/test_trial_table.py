"""Sorting, filtering and searching the trials of a run."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.runs.models import Run
from apps.runs.selectors.trials import trial_list, trial_operators, trial_page


def numbers(run: Run, **filters: str) -> list[int]:
    return [trial.number for trial in trial_list(run=run, **filters)]


def test_the_newest_come_first(run: Run) -> None:
    assert numbers(run)[:3] == [13, 12, 11]


@pytest.mark.parametrize("order", ["value_0", "-value_0"])
def test_what_has_no_value_comes_last_either_way(run: Run, order: str) -> None:
    found = list(trial_list(run=run, order=order))
    values = [trial.value_0 for trial in found if trial.value_0 is not None]
    assert values == sorted(values, reverse=order.startswith("-"))
    assert {trial.number for trial in found[len(values) :]} == {4, 12, 13}


def test_an_unknown_order_is_the_usual_one(run: Run) -> None:
    assert numbers(run, order="password") == sorted(numbers(run))
    assert numbers(run, order="-password") == numbers(run)


def test_states_and_groups_of_states(run: Run) -> None:
    assert numbers(run, state="crashed") == [4]
    assert numbers(run, state="failed") == [4]
    assert numbers(run, state="open") == [13, 12]
    assert len(numbers(run, state="ok")) == 11
    assert numbers(run, state="front") == [t.number for t in run.trials.filter(on_front=True).order_by("-number")]
    assert numbers(run, state="nonsense") == []


def test_search_finds_a_number_or_the_beginning_of_a_key(run: Run) -> None:
    trial = run.trials.select_related("architecture").get(number=7)
    assert 7 in numbers(run, search="7")
    assert 7 in numbers(run, search=trial.architecture.key[:8].upper())
    assert numbers(run, search="\x00") == numbers(run)
    assert numbers(run, search="9" * 40) == []


def test_operators_are_found_by_their_beginning(run: Run) -> None:
    run.trials.filter(number=3).update(operator="mutate:operation")
    assert trial_operators(run=run) == ["mutate", "random"]
    assert numbers(run, operator="mutate") == [3]


def test_a_page_that_is_none_is_the_last(run: Run, member: User) -> None:
    page = trial_page(trials=trial_list(run=run), page="999")
    assert page.number == 1
    assert len(page.object_list) == 14
