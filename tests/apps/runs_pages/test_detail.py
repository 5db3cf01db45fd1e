"""The run page and its parts, for each who looks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import Team, User
from apps.runs.models import ReplicaView, Run, Trial
from apps.runs.states import RUN_HINTS, RunState
from tests.apps.builders import make_run, make_trials, make_worker

As = Callable[[User | None], Client]


def page(client: Client, run: Run, name: str = "runs:detail", **more: int) -> str:
    response = client.get(reverse(name, kwargs={"run_id": run.pk, **more}))
    assert response.status_code == 200
    return response.content.decode()


def test_a_run_without_trials_has_a_page(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member, state=RunState.QUEUED)
    client = as_user(member)
    text = page(client, run)
    assert "No worker is running" in text
    assert "The first trial is training" in text
    assert "No architecture yet" in page(client, run, "runs:trial_best")
    assert "There are no trials yet" in page(client, run, "runs:trials")


def test_a_worker_that_is_alive_ends_the_hint(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member, state=RunState.QUEUED)
    make_worker(seen_seconds_ago=10_000)
    assert "No worker is running" in page(as_user(member), run)
    make_worker("cpu1")
    assert "No worker is running" not in page(as_user(member), run)


def test_members_get_the_verbs_that_fit_the_state_and_viewers_none(
    as_user: As, run: Run, member: User, viewer: User
) -> None:
    text = page(as_user(member), run)
    pause, resume = (text.split(f'data-verb="{verb}"')[1].split(">")[0] for verb in ("pause", "resume"))
    assert "hidden" not in pause
    assert "hidden" in resume
    assert "data-verb" not in page(as_user(viewer), run)
    assert reverse("runs:delete", args=[run.pk]) not in page(as_user(viewer), run)


def test_failed_trials_can_be_tried_again_only_where_there_are_some(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member, state=RunState.COMPLETED)
    make_trials(run, 2)
    button = re.compile(r'<form[^>]*data-verb="retry-failed"[^>]*>')
    hidden = button.search(page(as_user(member), run))
    assert hidden is not None and hidden[0].endswith(" hidden>")
    with_failed = make_run(team, member, state=RunState.COMPLETED)
    make_trials(with_failed, 2, failed=[1])
    shown = button.search(page(as_user(member), with_failed))
    assert shown is not None and not shown[0].endswith(" hidden>")


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.STOPPING, RunState.REPORTING])
def test_a_state_that_needs_it_is_explained(as_user: As, team: Team, member: User, state: RunState) -> None:
    assert f'<p class="muted small" data-state-hint>{RUN_HINTS[state]}</p>' in page(
        as_user(member), make_run(team, member, state=state)
    )


def test_a_run_can_be_the_beginning_of_another(as_user: As, run: Run, member: User, viewer: User) -> None:
    link = f'href="{reverse("runs:new")}?from={run.pk}"'
    assert link in page(as_user(member), run)
    assert link not in page(as_user(viewer), run)


def test_simulated_runs_say_so(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member, is_simulated=True)
    make_trials(run, 2)
    assert "simulated" in page(as_user(member), run)
    assert "(simulated)" in page(as_user(member), run, "runs:trial", replica=0, number=0)


def test_a_crashed_trial_shows_reason_and_traceback_and_members_may_retry(
    as_user: As, run: Run, member: User, viewer: User
) -> None:
    text = page(as_user(member), run, "runs:trial", replica=0, number=4)
    assert "sizes do not match" in text
    assert "Traceback" in text
    retry = reverse("runs:trial_retry", args=[run.pk, 0, 4])
    assert retry in text
    assert retry not in page(as_user(viewer), run, "runs:trial", replica=0, number=4)


def test_a_completed_trial_is_not_offered_a_retry(as_user: As, run: Run, member: User) -> None:
    assert "/retry/" not in page(as_user(member), run, "runs:trial", replica=0, number=0)


def test_the_panel_of_the_best_is_that_of_the_best(as_user: As, run: Run, member: User) -> None:
    best = Trial.objects.filter(run=run, value_0__isnull=False).order_by("-value_0").first()
    assert best is not None
    assert f'data-trial="0.{best.number}"' in page(as_user(member), run, "runs:trial_best")


def test_the_panel_names_the_replica_where_there_are_several(as_user: As, run: Run, team: Team, member: User) -> None:
    several = make_run(team, member, num_replicas=2)
    for replica in (0, 1):
        make_trials(several, 3, replica=replica)
        text = page(as_user(member), several, "runs:trial", replica=replica, number=2)
        assert re.findall(r"<h2>Trial 2 <span[^>]*>(.*?)</span>", text) == [f"Replica {replica}"]
    assert "Replica" not in page(as_user(member), run, "runs:trial", replica=0, number=2)


def test_the_panel_shows_what_was_inherited(as_user: As, run: Run, member: User) -> None:
    Trial.objects.filter(run=run, number=1).update(metrics={"accuracy": 0.5, "inherited_share": 0.75})
    assert "<dt>Inherited weights</dt><dd>0.7500</dd>" in page(as_user(member), run, "runs:trial", replica=0, number=1)


def test_the_panel_draws_the_architecture_and_links_to_it(as_user: As, run: Run, member: User) -> None:
    text = page(as_user(member), run, "runs:trial", replica=0, number=0)
    trial = Trial.objects.select_related("architecture").get(run=run, number=0)
    assert "<svg" in text
    assert reverse("architectures:detail", args=[trial.architecture.key]) in text


def test_parents_are_links_to_trials(as_user: As, team: Team, member: User) -> None:
    run = make_run(team, member)
    make_trials(run, 25)
    assert 'data-select-trial="0.15"' in page(as_user(member), run, "runs:trial", replica=0, number=22)


def test_reported_architectures_show_their_test_metric(as_user: As, run: Run, member: User) -> None:
    assert "When the search is over" in page(as_user(member), run, "runs:reported")
    Trial.objects.filter(run=run, number=0).update(
        report_result={"status": "completed", "metrics": {"test_accuracy": 0.8765}, "reason": ""}
    )
    assert "0.8765" in page(as_user(member), run, "runs:reported")
    assert "0.8765" in page(as_user(member), run, "runs:trial", replica=0, number=0)


def test_the_curve_comes_from_behind_the_step_asked_for(as_user: As, run: Run, member: User) -> None:
    url = reverse("runs:curve", args=[run.pk, 0, 0])
    whole = as_user(member).get(url).json()
    assert whole["steps"] == [1, 2, 3]
    assert len(whole["metrics"]["accuracy"]) == 3
    assert as_user(member).get(f"{url}?after=2").json()["steps"] == [3]
    assert as_user(member).get(f"{url}?after=nonsense").json()["steps"] == [1, 2, 3]


def test_the_inside_of_the_strategy_is_drawn(as_user: As, run: Run, member: User) -> None:
    assert "nothing of its inside" in page(as_user(member), run, "runs:views")
    ReplicaView.objects.create(
        replica=run.replicas.get(),
        name="rungs",
        title="Rungs",
        kind="rungs",
        data={"epochs": [1, 27]},
        advance_number=1,
    )
    assert "27" in page(as_user(member), run, "runs:views")


def test_members_of_a_population_lead_to_their_trials(as_user: As, run: Run, member: User) -> None:
    data = {"id": [3, 999], "age": [1, 0], "fitness": [0.5, 0.6], "fitness_metric": "accuracy"}
    ReplicaView.objects.create(
        replica=run.replicas.get(), name="p", title="Population", kind="population", data=data, advance_number=1
    )
    text = page(as_user(member), run, "runs:views")
    assert 'data-select-trial="0.3"' in text
    assert "0.999" not in text


def test_the_record_is_a_file_with_everything_asked_for(as_user: As, run: Run, member: User) -> None:
    response = as_user(member).get(reverse("runs:record", args=[run.pk]))
    assert "attachment" in response["Content-Disposition"]
    assert json.loads(response.content)["specification"] == run.specification


@pytest.mark.parametrize(
    "name", ["runs:detail", "runs:trials", "runs:trial_best", "runs:reported", "runs:views", "runs:record"]
)
def test_a_run_of_others_is_not_found(as_user: As, run: Run, outsider: User, name: str) -> None:
    assert as_user(outsider).get(reverse(name, args=[run.pk])).status_code == 404


def test_a_trial_of_another_run_is_not_found(as_user: As, run: Run, team: Team, member: User) -> None:
    other = make_run(team, member)
    assert as_user(member).get(reverse("runs:trial", args=[other.pk, 0, 0])).status_code == 404


@pytest.mark.parametrize("count", [10, 1000])
def test_the_table_costs_the_same_however_many_trials_there_are(
    as_user: As, team: Team, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_run(team, member)
    make_trials(run, count)
    client = as_user(member)
    # session, user, run, access, count, trials, replicas
    with django_assert_num_queries(7):
        client.get(reverse("runs:trials", args=[run.pk]))


@pytest.mark.parametrize("count", [10, 1000])
def test_the_page_costs_the_same_however_many_trials_there_are(
    as_user: As, team: Team, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_run(team, member)
    make_trials(run, count)
    client = as_user(member)
    # session, user, run, access for looking and for working, a failed trial, workers, may start, operators, three for the record,
    # teams of the menu; the replicas, operators and parents for the lineage, what people changed
    with django_assert_num_queries(18):
        client.get(reverse("runs:detail", args=[run.pk]))
