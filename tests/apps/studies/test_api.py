"""The API of studies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.runs.models import Run, Trial
from apps.studies.models import Study
from apps.studies.selectors.offers import best_trial
from tests.apps.studies.conftest import ask

pytestmark = pytest.mark.django_db
WithToken = Callable[[User], Client]


def test_a_study_is_started_followed_and_deleted(with_token: WithToken, run: Run, member: User) -> None:
    program, address = with_token(member), f"/api/v1/runs/{run.pk}/studies/"
    body = {"kind": "cost_by_size", "number": 3, "config": {"num_sizes": 2}, "seed": 5}
    answer = program.post(address, body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    found = answer.json()
    assert (found["kind"], found["number"], found["seed"], found["state"]) == ("cost_by_size", 3, 5, "queued")
    assert (found["config"]["num_sizes"], found["title"], found["known"]) == (2, "Cost by size of input", {})
    assert [each["id"] for each in program.get(address).json()["results"]] == [found["id"]]
    Study.objects.filter(pk=found["id"]).update(known={"sizes": [8]}, done=1, total=2)
    one = f"/api/v1/studies/{found['id']}/"
    assert program.get(one).json()["known"] == {"sizes": [8]}
    assert program.post(f"{one}cancel/").json()["state"] == "cancelled"
    assert program.post(f"{one}go-on/").json()["state"] == "queued"
    assert program.delete(one).status_code == 204
    assert not Study.objects.exists()


def test_without_a_number_it_is_the_best_trial(with_token: WithToken, run: Run, member: User) -> None:
    address = f"/api/v1/runs/{run.pk}/studies/"
    answer = with_token(member).post(address, {"kind": "cost_by_size"}, content_type="application/json")
    best = best_trial(run)
    assert best is not None
    assert answer.json()["number"] == best.number


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "cost_by_size", "number": 99}, "number"),
        ({"kind": "cost_by_size", "number": 4}, "trial"),
        ({"kind": "nothing", "number": 3}, "kind"),
        ({"number": 3}, "kind"),
        ({"kind": "cost_by_size", "config": {"num_sizes": "many"}}, "config.num_sizes"),
        ({"kind": "cost_by_size", "config": [1]}, "config"),
        ({"kind": "cost_by_size", "seed": 2**40}, "seed"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    with_token: WithToken, run: Run, member: User, body: dict[str, object], field: str
) -> None:
    answer = with_token(member).post(f"/api/v1/runs/{run.pk}/studies/", body, content_type="application/json")
    assert answer.status_code == 400
    assert field in str(answer.json()["errors"])
    assert not Study.objects.exists()


def test_a_list_takes_as_many_queries_for_many_as_for_one(
    with_token: WithToken, run: Run, trial: Trial, member: User
) -> None:
    program, address = with_token(member), f"/api/v1/runs/{run.pk}/studies/"
    ask(trial, member)
    program.get(address)
    with CaptureQueriesContext(connection) as one:
        program.get(address)
    for seed in range(1, 6):
        ask(trial, member, seed=seed)
    with CaptureQueriesContext(connection) as many:
        assert len(program.get(address).json()["results"]) == 6
    assert len(many) == len(one)
