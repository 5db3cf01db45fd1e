"""The Steer panel: what it shows, what it changes, and how it says that something is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.runs.models import Intervention, Run
from apps.runs.selectors import steering
from apps.runs.selectors.steering import operation_uses, steering_of, trials_keeping
from apps.workers.models import Worker
from nas.core.objective import Constraint, unmet
from tests.apps.runs.driver import advance, finish, finish_quickly, work

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


def test_beside_each_operation_stands_what_the_last_trials_that_used_it_reached(
    make_run: MakeRun, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finish(make_run(space={"name": "bit_strings", "config": {"num_bits": 4}}), worker)
    trials = list(run.trials.select_related("architecture").order_by("-number"))
    assert len(trials) == 12
    for most, last in ((12, None), (11, 11), (5, 5)):
        monkeypatch.setattr(steering, "MOST_COUNTED", most)
        uses = operation_uses(run, steering_of(run))
        assert uses.last == last
        assert [row.name for row in uses.rows] == ["unit0", "unit1", "unit2", "unit3"]
        for place, row in enumerate(uses.rows):
            of_users = [t.value_0 for t in trials[:most] if t.architecture.genotype["bits"][place] == "1"]
            assert row.num_trials == len(of_users)
            assert row.best == max(of_users, default=None)
            assert row.mean == (pytest.approx(sum(of_users) / len(of_users)) if of_users else None)


def test_the_panel_says_so_when_only_the_last_trials_are_counted(
    make_run: MakeRun,
    worker: Worker,
    as_user: Callable[[User | None], Client],
    member: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = advance(make_run())
    for _ in range(4):
        work(worker, jobs=1)
        advance(run)
    address = f"/runs/{run.pk}/steer/"
    assert "Counted are the last" not in as_user(member).get(address).content.decode()
    monkeypatch.setattr(steering, "MOST_COUNTED", 3)
    assert "Counted are the last 3 trials that completed." in as_user(member).get(address).content.decode()


def test_counted_in_the_database_as_many_keep_the_limits_as_one_by_one(make_run: MakeRun, worker: Worker) -> None:
    run = finish_quickly(make_run(space={"name": "bit_strings", "config": {"num_bits": 4}}), worker)
    first, second, third = run.trials.order_by("number")[:3]
    first.metrics.pop("latency_ms", None)
    first.save(update_fields=["metrics"])
    second.metrics["params"] = 140
    second.save(update_fields=["metrics"])
    type(third).objects.filter(pk=third.pk).update(state="crashed")
    done = [trial.metrics for trial in run.trials.exclude(pk=third.pk)]
    for limits in (
        [],
        ["params<=140"],
        ["params>=140"],
        ["params<=140", "accuracy>=0.5"],
        ["accuracy>=0.5", "latency_ms<=0.2"],
        ["params<=1"],
        ["params<=1T"],
    ):
        parsed = tuple(map(Constraint.from_text, limits))
        expected = sum(not unmet(parsed, metrics) for metrics in done)
        assert trials_keeping(run, limits) == (expected, 11), limits
