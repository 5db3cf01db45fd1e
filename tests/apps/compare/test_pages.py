"""The pages of a comparison: who may see what, what is said, files, search."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from io import StringIO

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import Team, User, Visibility
from apps.runs.models import Run
from apps.runs.states import RunState
from tests.apps.builders import make_run, make_trials

As = Callable[[User | None], Client]
ADDRESSES = ("/compare/", "/compare/series.json", "/compare/comparison.json", "/compare/table.csv", "/compare/results/")


def query(*runs: Run) -> str:
    return "&".join(f"run={run.pk}" for run in runs)


def page_of(client: Client, *runs: Run) -> str:
    response = client.get(f"/compare/?{query(*runs)}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_run_of_others_is_like_one_that_is_not_there(
    as_user: As, two_runs: tuple[Run, Run], other_team: Team, outsider: User, member: User, address: str
) -> None:
    foreign = make_run(other_team, outsider, name="Secret")
    client = as_user(member)
    assert client.get(f"{address}?{query(*two_runs)}").status_code == 200
    refused = client.get(f"{address}?{query(two_runs[0], foreign)}")
    unknown = client.get(f"{address}?{query(two_runs[0])}&run={foreign.pk + 1000}")
    assert refused.status_code == unknown.status_code == 404
    assert "Secret" not in refused.content.decode()
    foreign.visibility = Visibility.SIGNED_IN
    foreign.save()
    assert client.get(f"{address}?{query(two_runs[0], foreign)}").status_code == 200


@pytest.mark.parametrize("text", ["run=x", "run=-1", "run=", f"run={'9' * 30}"])
def test_what_cannot_be_a_run_is_not_found(as_user: As, member: User, text: str) -> None:
    assert as_user(member).get(f"/compare/?{text}").status_code == 404


def test_with_fewer_than_two_runs_others_are_offered(
    as_user: As, two_runs: tuple[Run, Run], other_team: Team, outsider: User, member: User
) -> None:
    make_run(other_team, outsider, name="Secret")
    first, second = two_runs
    none = page_of(as_user(member))
    assert "Which runs?" in none
    assert f"/compare/?run={first.pk}" in none
    assert "Secret" not in none
    one = page_of(as_user(member), first)
    assert "With which run?" in one
    assert f"/compare/?run={first.pk}&amp;run={second.pk}" in one
    assert "data-chart" not in one


def test_runs_are_found_by_name_and_those_chosen_are_not_offered(
    as_user: As, two_runs: tuple[Run, Run], member: User
) -> None:
    first, second = two_runs
    found = as_user(member).get(f"/compare/choices/?{query(first)}&search=rand").content.decode()
    assert f"run={first.pk}&amp;run={second.pk}" in found
    assert "Evolution" not in found
    assert "No other run" in as_user(member).get("/compare/choices/?search=nothing").content.decode()


def test_more_than_eight_are_left_out_and_that_is_said(as_user: As, team: Team, member: User) -> None:
    runs = [make_run(team, member, name=f"Run {number}") for number in range(9)]
    text = page_of(as_user(member), *runs)
    assert "1 more of the address is left out" in text
    assert text.count('class="compare__run"') == 8
    assert "Add a run" not in text


def test_each_run_can_be_taken_away(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    first, second = two_runs
    text = page_of(as_user(member), first, second, first)
    assert re.findall(r'href="(/compare/\?[^"]*)" title="Remove', text) == [
        f"/compare/?run={second.pk}",
        f"/compare/?run={first.pk}",
    ]


def test_the_best_of_a_row_is_marked_and_leads_to_its_trial(
    as_user: As, two_runs: tuple[Run, Run], member: User
) -> None:
    text = page_of(as_user(member), *two_runs)
    finals = {run.pk: max(v for v in run.trials.values_list("value_0", flat=True) if v) for run in two_runs}
    winner = max(finals, key=lambda pk: finals[pk])
    row = text.split('data-row="best"')[1].split("</tr>")[0]
    best = re.search(r'data-best><a href="/runs/(\d+)/\?trial=0\.(\d+)">([\d.]+)<', row)
    assert best is not None
    assert (int(best[1]), float(best[3])) == (winner, pytest.approx(finals[winner], abs=1e-4))
    assert "data-best" not in text.split('data-row="trials"')[1].split("</tr>")[0]  # more is not better


def test_test_values_are_those_of_the_architecture_that_validation_chose(
    as_user: As, two_runs: tuple[Run, Run], member: User
) -> None:
    first, _second = two_runs
    ordered = list(first.trials.order_by("-value_0"))
    for trial, value in ((ordered[0], 0.7), (ordered[1], 0.9)):
        trial.report_result = {"status": "completed", "metrics": {"test_accuracy": value}, "reason": ""}
        trial.save()
    row = page_of(as_user(member), *two_runs).split('data-row="test"')[1].split("</tr>")[0]
    assert "0.7000" in row
    assert "0.9000" not in row


def test_names_are_escaped_everywhere(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    first, second = two_runs
    Run.objects.filter(pk=second.pk).update(
        name="<script>alert(1)</script>", specification={**second.specification, "seed": 5}
    )
    text = page_of(as_user(member), first, second)
    assert "<script>alert" not in text


def notices(client: Client, *runs: Run) -> dict[str, list[str]]:
    content = client.get(f"/compare/comparison.json?{query(*runs)}").json()
    return {notice["code"]: notice["differences"] for notice in content["notices"]}


def test_runs_of_the_same_kind_differ_in_their_seed_alone(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    assert set(notices(as_user(member), *two_runs)) == {"single_run"}
    content = as_user(member).get(f"/compare/comparison.json?{query(*two_runs)}").json()
    differing = {row["path"]: row["values"] for group in content["settings"] for row in group["rows"] if row["differs"]}
    assert differing == {"seed": ["1", "2"]}


@pytest.mark.parametrize(
    ("code", "more", "line"),
    [
        ("recipe", {"estimator": {"name": "train", "config": {"epochs": 7}}}, "Epochs: 4 (Evolution) · 7 (Other)"),
        ("space", {"space": {"name": "nasbench201", "config": {"width": 32}}}, "Width: 8 channels (Evolution) · 32"),
        (
            "data",
            {"problem": {"name": "image_classification", "config": {"max_examples": 300}}},
            "Most examples: – (Evolution) · 300 examples (Other)",
        ),
        ("constraints", {"constraints": ["params<=1M"]}, "Constraints: – (Evolution) · Parameters ≤ 1 M (Other)"),
        ("budget", {"budget": {"trials": 99}}, "Trials: 60 (Evolution) · 99 (Other)"),
        ("budget_unit", {"budget": {"trials": None, "wall_seconds": 60}}, "Wall time: – (Evolution) · 60 s (Other)"),
        (
            "objectives",
            {"objectives": ["accuracy:maximise"]},
            "Objectives: Accuracy ↑, MACs ↓ (Evolution) · Accuracy ↑",
        ),
    ],
)
def test_what_is_not_comparable_is_said_exactly(
    as_user: As,
    team: Team,
    member: User,
    two_runs: tuple[Run, Run],
    code: str,
    more: dict[str, object],
    line: str,
) -> None:
    other = make_run(team, member, name="Other", specification=more)
    make_trials(other, 3)
    found = notices(as_user(member), two_runs[0], other)
    assert code in found
    assert any(line in each for each in found[code]), found[code]


def test_other_data_simulation_and_version_are_said(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    first, second = two_runs
    for run, fingerprint, engine in ((first, "a" * 64, "0.1.0"), (second, "b" * 64, "0.2.0")):
        run.record = {"schema_version": 1, "problem": {"fingerprint": fingerprint}, "code": {"engine": engine}}
    second.is_simulated = True
    first.save()
    second.save()
    found = notices(as_user(member), first, second)
    assert found["data"] == ["Data fingerprint: aaaaaaaaaaaa (Evolution) · bbbbbbbbbbbb (Random)"]
    assert found["engine"] == ["Engine version: 0.1.0 (Evolution) · 0.2.0 (Random)"]
    assert found["simulated"] == ["Evolution: trained for real", "Random: results from a table (simulated)"]


def test_runs_without_a_shared_objective_are_refused_in_words(
    as_user: As, team: Team, member: User, two_runs: tuple[Run, Run]
) -> None:
    other = make_run(team, member, name="Loss", specification={"objectives": ["loss:minimise"]}, reference_point=[None])
    text = page_of(as_user(member), two_runs[0], other)
    assert "no objective in common" in text
    assert "data-chart=" not in text
    assert 'data-path="objectives"' in text


def test_the_table_is_a_file_of_raw_numbers(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    Run.objects.filter(pk=two_runs[1].pk).update(name='=HYPERLINK("x")')
    response = as_user(member).get(f"/compare/table.csv?{query(*two_runs)}")
    assert "attachment" in response["Content-Disposition"]
    rows = list(csv.DictReader(StringIO(response.content.decode())))
    assert [int(row["run"]) for row in rows] == [run.pk for run in two_runs]
    assert [float(row["failed"]) for row in rows] == [0, 1]
    assert rows[1]["name"].startswith("'=")
    replica = two_runs[0].replicas.get()
    assert float(rows[0]["best"]) == replica.best


def test_the_file_of_all_series_holds_every_value(as_user: As, two_runs: tuple[Run, Run], member: User) -> None:
    content = json.loads(as_user(member).get(f"/compare/comparison.json?{query(*two_runs)}").content)
    for run, arm in zip(two_runs, content["arms"], strict=True):
        accuracies = sorted(v for v in run.trials.values_list("value_0", flat=True) if v is not None)
        assert arm["distribution"]["values"] == accuracies
    assert content["arms"][1]["distribution"]["num_failed"] == 1
    light = as_user(member).get(f"/compare/series.json?{query(*two_runs)}").json()
    assert all(arm["distribution"] is None for arm in light["arms"])


def test_the_api_says_the_same_and_refuses_more_than_eight(
    with_token: Callable[[User], Client], as_user: As, two_runs: tuple[Run, Run], member: User
) -> None:
    client = with_token(member)
    content = client.get(f"/api/v1/compare/?{query(*two_runs)}").json()
    whole = as_user(member).get(f"/compare/comparison.json?{query(*two_runs)}").json()
    assert content == whole
    too_many = client.get("/api/v1/compare/?" + "&".join(f"run={number}" for number in range(1, 10)))
    assert too_many.status_code == 400
    assert client.get("/api/v1/compare/").status_code == 400


def test_a_simulated_run_is_labelled(as_user: As, team: Team, member: User, two_runs: tuple[Run, Run]) -> None:
    run = make_run(team, member, name="Table", state=RunState.COMPLETED, is_simulated=True)
    assert page_of(as_user(member), two_runs[0], run).count(">simulated</span>") == 1


@pytest.mark.parametrize("count", [10, 300])
def test_series_cost_the_same_number_of_queries_however_long_the_runs(
    as_user: As, team: Team, member: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    runs = [make_run(team, member, name=str(number)) for number in range(2)]
    for run in runs:
        make_trials(run, count)
    client = as_user(member)
    # session, user; run and access, replicas, trials, best trial, reported, workers of each run; stream; cost of names
    with django_assert_max_num_queries(20):
        client.get(f"/compare/series.json?{query(*runs)}")
