"""Runs, trials, architectures through the API."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import Visibility
from apps.datasets.models import DataSet, UploadState
from apps.live.numbering import number_events
from apps.live.snapshot_schema import RunSnapshot
from apps.runs.models import CurvePoint, Run, Trial
from apps.runs.states import RunState
from tests.apps.api.conftest import Call
from tests.apps.runs.driver import toy_values
from tests.apps.world import GENOTYPE, World


def test_a_run_is_started_and_found_again(call: Call, world: World) -> None:
    name = "🙂 실험 " + "x" * 295
    response = call("member", "POST", "/runs/", {"name": name[:300], "specification": toy_values()})
    assert response.status_code == 201, response.content
    made = response.json()
    assert (made["state"], made["name"], made["team"]) == ("queued", name[:300], {"id": world.team.pk, "name": "Curie"})
    assert made["specification"]["space"] == {"name": "bit_strings", "config": {"num_bits": 20}}
    assert call("viewer", "GET", f"/runs/{made['id']}/").json() == made


@pytest.mark.parametrize("name", ["", "   ", "x" * 301])
def test_a_run_needs_a_good_name(call: Call, name: str) -> None:
    response = call("member", "POST", "/runs/", {"name": name, "specification": toy_values()})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["name"]


def test_data_of_another_team_looks_unknown(call: Call, world: World) -> None:
    problem = {"name": "image_classification", "config": {"dataset": str(world.kwargs["dataset_id"])}}
    DataSet.objects.update(state=UploadState.READY)
    body = {"name": "mine", "specification": toy_values(problem=problem)}
    of_others = call("outsider", "POST", "/runs/", body).json()["errors"]
    problem["config"]["dataset"] = "999999"
    unknown = call("outsider", "POST", "/runs/", body).json()["errors"]
    assert [e["field"] for e in of_others] == [e["field"] for e in unknown] == ["specification.problem.config.dataset"]
    problem["config"]["dataset"] = "9" * 5000
    assert call("outsider", "POST", "/runs/", body).status_code == 400


def test_verbs_steer_and_are_harmless_twice(call: Call, world: World) -> None:
    for verb, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopping"), ("cancel", "cancelled")):
        for _ in range(2):
            response = call("member", "POST", f"/runs/{world.run.pk}/{verb}/")
            assert (response.status_code, response.json()["state"]) == (200, state)
    assert call("member", "POST", f"/runs/{world.run.pk}/resume/").status_code == 409


def test_a_viewer_cannot_pause(call: Call, world: World) -> None:
    assert call("viewer", "POST", f"/runs/{world.run.pk}/pause/").status_code == 404
    assert Run.objects.get().state == RunState.RUNNING


def test_a_run_is_deleted_once(call: Call, world: World) -> None:
    assert call("member", "DELETE", f"/runs/{world.run.pk}/").status_code == 204
    assert not Run.objects.exists()
    assert call("member", "DELETE", f"/runs/{world.run.pk}/").status_code == 404


def test_the_list_is_paged_by_cursor_and_filtered(call: Call, world: World) -> None:
    for number in range(5):
        Run.objects.create(team=world.team, name=f"run {number}", specification=world.run.specification, seed=0)
    seen, path = [], "/runs/?limit=4"
    first = call("viewer", "GET", path).json()
    Run.objects.create(team=world.team, name="came later", specification=world.run.specification, seed=0)
    rest = call("viewer", "GET", f"{path}&cursor={first['next_cursor']}").json()
    seen = [run["name"] for run in first["results"] + rest["results"]]
    assert seen == ["run 4", "run 3", "run 2", "run 1", "run 0", "toy"]
    assert rest["next_cursor"] is None
    assert [r["name"] for r in call("viewer", "GET", "/runs/?state=running").json()["results"]] == ["toy"]
    assert [r["name"] for r in call("viewer", "GET", "/runs/?search=run 3").json()["results"]] == ["run 3"]
    assert call("outsider", "GET", "/runs/").json()["results"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=e30", "cursor=%00", "state=odd"]
)
def test_a_wrong_page_is_told(call: Call, query: str) -> None:
    response = call("viewer", "GET", f"/runs/?{query}")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [query.partition("=")[0]]


def trial_numbers(call: Call, world: World, query: str, limit: int = 2) -> list[int]:
    """All pages of the trial list."""
    found: list[int] = []
    cursor = ""
    while True:
        page = call("viewer", "GET", f"/runs/{world.run.pk}/trials/?limit={limit}&{query}{cursor}").json()
        found += [trial["number"] for trial in page["results"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("order", ["number", "value_0", "state", "finished_at", "cost_seconds", "operator"])
def test_trials_are_sorted_over_pages_each_once(call: Call, world: World, order: str) -> None:
    Trial.objects.filter(number=2).update(value_0=0.5)
    Trial.objects.filter(number__gt=2).update(value_0=None)
    everything = sorted(Trial.objects.values_list("number", flat=True))
    assert len(everything) > 3
    for direction in ("", "-"):
        numbers = trial_numbers(call, world, f"order={direction}{order}")
        assert sorted(numbers) == everything
        assert numbers == trial_numbers(call, world, f"order={direction}{order}", limit=100)
    if order == "value_0":
        without = sorted(Trial.objects.filter(value_0=None).values_list("number", flat=True))
        assert len(without) >= 2
        assert sorted(numbers[-len(without) :]) == without, "what has no value comes last"


def test_a_cursor_belongs_to_its_order(call: Call, world: World) -> None:
    path = f"/runs/{world.run.pk}/trials/?limit=1"
    cursor = call("viewer", "GET", f"{path}&order=number").json()["next_cursor"]
    assert call("viewer", "GET", f"{path}&order=-number&cursor={cursor}").status_code == 400


def test_trials_come_as_rows_or_as_columns(call: Call, world: World) -> None:
    path = f"/runs/{world.run.pk}/trials/?order=number"
    rows = call("viewer", "GET", path).json()["results"]
    columns = call("viewer", "GET", f"{path}&format=columns").json()["columns"]
    assert columns["number"] == [row["number"] for row in rows]
    assert columns["architecture"] == [row["architecture"] for row in rows]
    assert [list(values) for values in zip(*columns["values"], strict=True)] == [row["values"] for row in rows]
    assert len(rows[0]["values"]) == 2
    failed = call("viewer", "GET", f"{path}&state=failed").json()["results"]
    assert [(row["number"], row["state"]) for row in failed] == [(1, "crashed")]


def test_the_front_is_what_the_database_calls_front(call: Call, world: World) -> None:
    front = call("viewer", "GET", f"/runs/{world.run.pk}/front/").json()
    expected = list(Trial.objects.filter(on_front=True).order_by("number").values_list("number", "value_0"))
    assert expected
    assert list(zip(front["number"], front["values"][0], strict=True)) == expected


def test_a_trial_and_what_was_added_to_its_curve(call: Call, world: World) -> None:
    path = f"/runs/{world.run.pk}/trials/0/0/"
    trial = call("viewer", "GET", path).json()
    row = Trial.objects.get(replica__number=0, number=0)
    assert trial["genotype"] == row.architecture.genotype
    CurvePoint.objects.filter(trial=row).delete()
    for step, loss in ((0, 1.5), (1, None)):
        CurvePoint.objects.create(trial=row, step=step, metrics={"loss": loss})
    assert call("viewer", "GET", f"{path}curve/").json() == {"steps": [0, 1], "metrics": {"loss": [1.5, None]}}
    assert call("viewer", "GET", f"{path}curve/?after=0").json() == {"steps": [1], "metrics": {"loss": [None]}}
    assert call("viewer", "GET", f"/runs/{world.run.pk}/trials/0/99/").status_code == 404


def test_an_architecture_is_added_or_refused_by_field(call: Call, world: World) -> None:
    path = f"/runs/{world.run.pk}/architectures/"
    assert call("member", "POST", path, {"genotype": GENOTYPE}).status_code == 202
    for wrong in (None, [], {"bits": "01"}, {"bits": 3}, "x", {"bits": "2" * 20}):
        response = call("member", "POST", path, {"genotype": wrong})
        assert response.status_code == 400, wrong
        assert response.json()["errors"]


def test_snapshot_and_events_tell_one_story(call: Call, world: World) -> None:
    while number_events(run_id=world.run.pk):
        pass
    response = call("viewer", "GET", f"/runs/{world.run.pk}/snapshot/")
    snapshot = RunSnapshot.model_validate_json(response.content)
    events = call("viewer", "GET", f"/runs/{world.run.pk}/events/?limit=1000").json()
    assert snapshot.seq == events["last_seq"] == len(events["events"])
    assert [event["seq"] for event in events["events"]] == list(range(1, snapshot.seq + 1))
    assert call("viewer", "GET", f"/runs/{world.run.pk}/events/?after={snapshot.seq}").json()["events"] == []
    again = call("viewer", "GET", f"/runs/{world.run.pk}/snapshot/", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_an_architecture_shows_only_what_its_reader_may_see(call: Call, world: World) -> None:
    key = world.kwargs["key"]
    seen = call("viewer", "GET", f"/architectures/{key}/").json()
    assert seen["genotype"] == Trial.objects.get(replica__number=0, number=0).architecture.genotype
    assert seen["costs"][0]["cost"]["params"] > 0
    graph = call("viewer", "GET", f"/architectures/{key}/graph/").json()
    ids = {node["id"] for node in graph["nodes"]}
    assert ids
    assert all({edge["source"], edge["target"]} <= ids for edge in graph["edges"])
    assert b"<svg" in call("viewer", "GET", f"/architectures/{key}/graph.svg").content
    assert call("outsider", "GET", f"/architectures/{key}/").status_code == 404
    Run.objects.update(visibility=Visibility.SIGNED_IN)
    trials = call("outsider", "GET", f"/architectures/{key}/trials/").json()["results"]
    assert {trial["run"] for trial in trials} == {world.run.pk}


def test_sharing_lets_others_look_and_no_more(call: Call, world: World) -> None:
    outsider = world.people["outsider"]
    assert outsider is not None
    team = outsider.memberships.get().team
    path = f"/runs/{world.run.pk}/"
    wanted: dict[str, Any] = {"visibility": "team", "shared_with": [team.pk]}
    assert call("outsider", "GET", path).status_code == 404
    answer = call("member", "PUT", f"{path}sharing/", wanted).json()
    assert answer == {"visibility": "team", "shared_with": [{"id": team.pk, "name": "Noether"}]}
    assert call("outsider", "GET", path).status_code == 200
    assert call("outsider", "POST", f"{path}pause/").status_code == 404
    assert call("outsider", "GET", f"{path}sharing/").status_code == 404
    assert call("member", "PUT", f"{path}sharing/", {**wanted, "shared_with": [10**6]}).status_code == 400
    call("member", "PUT", f"{path}sharing/", {**wanted, "shared_with": []})
    assert call("outsider", "GET", path).status_code == 404
