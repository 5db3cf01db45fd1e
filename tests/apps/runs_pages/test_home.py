"""The home page: whose runs it lists, in which order, with which numbers, and at what cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import Team, User
from apps.runs.models import Replica, Run
from apps.runs.selectors.lists import run_list, run_rows
from apps.runs.states import RunState
from tests.apps.builders import make_run, make_trials

HOME = reverse("runs:home")
As = Callable[[User | None], Client]


def test_anonymous_people_are_sent_to_the_sign_in_page(client: Client, db: None) -> None:
    response = client.get(HOME)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:sign_in"))


def test_a_first_visit_offers_to_start_a_search(as_user: As, member: User) -> None:
    assert "Start your first search" in as_user(member).get(HOME).content.decode()


def test_a_viewer_is_not_offered_what_only_members_may_do(as_user: As, viewer: User) -> None:
    text = as_user(viewer).get(HOME).content.decode()
    assert "Start your first search" not in text
    assert reverse("runs:new") not in text.split('id="content"')[1]


def test_it_lists_the_runs_of_the_team_and_of_nobody_else(as_user: As, run: Run, outsider: User, viewer: User) -> None:
    assert "Small cells" in as_user(viewer).get(HOME).content.decode()
    assert "Small cells" not in as_user(outsider).get(HOME).content.decode()


def test_names_are_escaped(as_user: As, team: Team, member: User) -> None:
    make_run(team, member, name="<script>alert(1)</script>")
    text = as_user(member).get(HOME).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_htmx_gets_only_the_list(as_user: As, run: Run, member: User) -> None:
    text = as_user(member).get(HOME, headers={"hx-request": "true"}).content.decode()
    assert "Small cells" in text
    assert "<html" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=running", ["Alpha"]), ("state=ended", ["Beta"]), ("search=alp", ["Alpha"]), ("state=nonsense", [])],
)
def test_filters(as_user: As, team: Team, member: User, query: str, found: list[str]) -> None:
    make_run(team, member, name="Alpha")
    make_run(team, member, name="Beta", state=RunState.COMPLETED)
    text = as_user(member).get(f"{HOME}?{query}").content.decode()
    assert [name for name in ("Alpha", "Beta") if name in text] == found


def test_a_team_one_does_not_belong_to_is_not_found(as_user: As, run: Run, outsider: User) -> None:
    assert as_user(outsider).get(f"{HOME}?team={run.team_id}").status_code == 404


def test_rows_of_runs_that_changed_leave_out_what_one_may_not_see(
    as_user: As, run: Run, member: User, outsider: User
) -> None:
    url = f"{reverse('runs:home_rows')}?ids={run.pk},999999,x"
    assert f'data-run="{run.pk}"' in as_user(member).get(url).content.decode()
    assert "data-run" not in as_user(outsider).get(url).content.decode()


def test_a_row_says_what_the_run_reached(run: Run, member: User) -> None:
    (row,) = run_rows(run_list(user=member))
    values = [v for v in run.trials.values_list("value_0", flat=True) if v is not None]
    assert row.best == max(values)
    assert (row.num_ended, row.num_failed, row.planned_trials) == (12, 1, 60)
    assert row.percent == pytest.approx(20.0)
    assert list(row.line) == sorted(row.line)
    assert row.line[-1] == run.replicas.get().hypervolume


def test_best_is_the_smallest_when_less_is_better(team: Team, member: User) -> None:
    run = make_run(team, member, specification={"objectives": ["macs:minimise", "accuracy:maximise"]})
    make_trials(run, 5)
    (row,) = run_rows(run_list(user=member))
    assert row.best == min(trial.value_0 for trial in run.trials.all() if trial.value_0 is not None)


@pytest.mark.parametrize("count", [10, 1000])
def test_a_page_costs_the_same_however_many_runs_there_are(
    as_user: As, team: Team, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = make_run(team, member)
    make_trials(first, 3)
    runs = Run.objects.bulk_create(
        Run(
            team=team,
            created_by=member,
            name=f"run {number}",
            specification=first.specification,
            space_name=first.space_name,
            problem_name=first.problem_name,
            strategy_name=first.strategy_name,
            estimator_name=first.estimator_name,
            seed=0,
        )
        for number in range(count)
    )
    Replica.objects.bulk_create(Replica(run=run, number=0, num_trials=5) for run in runs)
    client = as_user(member)
    # session, user, may start, count, runs, replicas, lines, teams of the menu
    with django_assert_num_queries(9):
        client.get(HOME)


def test_rows_of_senseless_ids_are_left_out(as_user: As, run: Run, member: User) -> None:
    address = reverse("runs:home_rows")
    wild = f"{10**30},{2**63},-1,x,,1e3,%00"
    assert as_user(member).get(f"{address}?ids={wild}").status_code == 200
    assert "Small cells" in as_user(member).get(f"{address}?ids={wild},{run.pk}").content.decode()


@pytest.mark.parametrize("strategy", [{"name": "gone", "config": {}}, {"name": "darts", "config": {"gone": 1}}])
def test_an_old_run_is_shown_though_its_strategy_is_gone_or_has_other_settings(
    as_user: As, team: Team, member: User, strategy: dict[str, object]
) -> None:
    run = make_run(team, member, name="Old one")
    run.specification["strategy"], run.strategy_name = strategy, str(strategy["name"])
    run.save(update_fields=["specification", "strategy_name"])
    assert "Old one" in as_user(member).get(HOME).content.decode()
    assert as_user(member).get(reverse("runs:snapshot", args=[run.pk])).status_code == 200
