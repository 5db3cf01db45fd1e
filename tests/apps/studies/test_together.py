"""What several studies say together: the team's, on the same problem, one for each architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Run, Trial
from apps.studies.models import Study, StudyState
from apps.studies.selectors import together
from apps.studies.selectors.together import pictures_together
from tests.apps.builders import make_run, make_trials
from tests.nas.wann.test_experiments_together import state

Visit = Callable[[User | None], Client]


def studied(trial: Trial, lead: float, **changes: Any) -> Study:
    known = state([0.5 + lead], [0.5], lead, 1 + lead).as_json()
    values = {"kind": "wann_experiments", "version": 1, "known": known, "state": StudyState.READY, **changes}
    return Study.objects.create(run=trial.run, trial=trial, asked_at=timezone.now(), **values)


def leads(run: Run, member: User) -> list[float]:
    return [
        round(y, 6)
        for drawn in pictures_together(run, member)
        for y in (drawn.figure or {})["traces"]["saturating"]["y"]
    ]


@pytest.fixture
def trials(run: Run) -> list[Trial]:
    return list(run.trials.order_by("number"))


def test_too_few_show_nothing(run: Run, trials: list[Trial], as_user: Visit, member: User) -> None:
    for place in range(2):
        studied(trials[place], place / 10)
    assert pictures_together(run, member) == []
    assert "studies-together" not in as_user(member).get(f"/studies/runs/{run.pk}/").content.decode()


def test_a_point_for_each_architecture(run: Run, trials: list[Trial], as_user: Visit, member: User) -> None:
    for place in range(4):
        studied(trials[place], place / 10)
    studied(trials[1], 0.7)  # again: the newest counts
    studied(trials[5], 0.9, state=StudyState.WORKING)
    studied(trials[6], 0.9, version=0)
    assert sorted(leads(run, member)) == [0.0, 0.2, 0.3, 0.7]
    page = as_user(member).get(f"/studies/runs/{run.pk}/").content.decode()
    assert "studies-together" in page
    assert "4 topologies are few" in page


def test_of_other_runs_only_the_same_problem_of_the_team_counts(
    run: Run, trials: list[Trial], team: Team, other_team: Team, member: User
) -> None:
    for place in range(3):
        studied(trials[place], place / 10)
    problem = {"name": "image_classification", "config": {**run.specification["problem"]["config"], "test_share": 0.3}}
    for of, changes in ((team, {}), (team, {"problem": problem}), (other_team, {})):
        another = make_run(of, member, specification=changes)
        make_trials(another, 8)
        studied(another.trials.get(number=7), 0.5 + 0.1 * bool(changes) + 0.2 * (of == other_team))
    assert sorted(leads(run, member)) == [0.0, 0.1, 0.2, 0.5]


def test_studies_on_other_problems_take_no_places(
    run: Run, trials: list[Trial], team: Team, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(3):
        studied(trials[place], place / 10)
    problem = {"name": "image_classification", "config": {**run.specification["problem"]["config"], "test_share": 0.3}}
    another = make_run(team, member, specification={"problem": problem})
    make_trials(another, 8)
    studied(another.trials.get(number=7), 0.5)
    monkeypatch.setattr(together, "MOST_TOGETHER", 3)
    assert sorted(leads(run, member)) == [0.0, 0.1, 0.2]
