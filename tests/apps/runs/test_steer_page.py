"""The Steer panel: what it shows, what it changes, and how it says that something is wrong."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from apps.accounts.models import User
from apps.runs.models import Intervention, Run
from tests.apps.runs.driver import advance

MakeRun = Callable[..., Run]
JSON = {"Accept": "application/json"}


def test_the_panel_shows_operations_limits_and_known_architectures(
    make_run: MakeRun, as_user: Callable[[User | None], Client], member: User
) -> None:
    run = advance(make_run())
    page = as_user(member).get(f"/runs/{run.pk}/steer/").content.decode()
    assert page.count('name="allowed"') == 20
    assert 'name="parallelism" min="1" max="10000" value="3"' in page
    assert "The optimum" in page


def test_a_change_is_noted_and_a_wrong_one_is_told_in_words(
    make_run: MakeRun, as_user: Callable[[User | None], Client], member: User
) -> None:
    run, browser = advance(make_run()), as_user(member)
    address = f"/runs/{run.pk}/steer"
    allowed = [f"unit{place}" for place in range(1, 20)]
    assert browser.post(f"{address}/operations/", {"allowed": allowed}, headers=JSON).status_code == 200
    assert Intervention.objects.get().body["operations"] == ["unit0"]
    wrong = browser.post(f"{address}/constraints/", {"metric": "params", "operator": "<=", "limit": "x"}, headers=JSON)
    assert (wrong.status_code, "expected something like" in wrong.json()["message"].lower()) == (400, True)
    assert browser.post(f"{address}/budget/", {"trials": "1"}, headers=JSON).status_code == 400
    assert browser.post(f"{address}/budget/", {"trials": "20", "wall_minutes": "5"}, headers=JSON).status_code == 200
    assert Intervention.objects.last().body["budget"] == {"trials": 20, "wall_seconds": 300.0}
    assert browser.post(f"{address}/nonsense/", headers=JSON).status_code == 404
    kept = browser.get(f"{address}/kept/", {"metric": "params", "operator": "<=", "limit": "1M"}).json()["message"]
    assert kept == "0 of the 0 trials so far keep them."
