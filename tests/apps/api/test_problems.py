"""Every error is problem JSON (RFC 9457) that says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts import api_view
from apps.accounts.api_parser import MAX_BYTES, MAX_DEPTH
from apps.live.models import Outbox
from apps.runs.models import Run
from apps.runs.states import RunState
from tests.apps.api.conftest import Call
from tests.apps.runs.driver import toy_values
from tests.apps.world import World


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    assert body["detail"]
    return body


def fields(response: Any) -> set[str]:
    return {error["field"] for error in problem(response, 400)["errors"]}


def test_unknown_and_forbidden_are_the_same_answer(call: Call, world: World) -> None:
    forbidden = problem(call("outsider", "GET", f"/runs/{world.run.pk}/"), 404)
    assert problem(call("outsider", "GET", f"/runs/{world.run.pk + 1}/"), 404) == forbidden
    assert problem(call("outsider", "GET", "/runs/999999999999999999999999/"), 404) == forbidden
    assert problem(call("outsider", "GET", "/no-such-route/"), 404) == forbidden
    assert problem(call("member", "POST", "/runs"), 404) == forbidden


@pytest.mark.any_database
def test_without_a_token(call: Call) -> None:
    response = call("anonymous", "GET", "/runs/")
    problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.any_database
def test_a_method_that_is_not_there(call: Call) -> None:
    response = call("member", "PUT", "/me/")
    problem(response, 405)
    assert "GET" in response["Allow"]


def test_another_media_type(call: Call) -> None:
    problem(call("member", "POST", "/tokens/", "name=x", CONTENT_TYPE="text/plain"), 415)
    problem(call("member", "POST", "/datasets/", {"name": "x"}), 415)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        '{"name": NaN}',
        '{"name": "\\ud800"}',
        '{"name": "a\\u0000b"}',
        "[" * 100_000,
        "[" * 60 + "]" * 60,
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_good_json(call: Call, body: str | bytes) -> None:
    problem(call("member", "POST", "/tokens/", body), 400)


def test_a_name_that_stands_twice_is_refused(call: Call) -> None:
    body = problem(call("member", "POST", "/tokens/", '{"name": "a", "name": "b"}'), 400)
    assert "'name' stands twice" in body["detail"]


def test_a_number_with_thousands_of_digits_is_refused_in_plain_words(call: Call) -> None:
    body = problem(call("member", "POST", "/tokens/", '{"name": ' + "9" * 5000 + "}"), 400)
    assert "a number has 5000 digits; at most" in body["detail"]
    assert "sys." not in body["detail"]


def said(response: Any) -> dict[str, str]:
    return {error["field"]: error["message"] for error in problem(response, 400)["errors"]}


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("part", "value", "field", "message"),
    [
        ("budget", {"trials": True}, "budget.trials", "must be a number, got true"),
        ("budget", {"trials": None}, "budget", "a run needs a limit: a number of trials, a wall time, or both"),
        ("budget", {"trials": 1e300}, "budget.trials", "is too large"),
        ("seed", False, "seed", "must be a number, got false"),
        ("seed", "seven", "seed", "must be a whole number, got 'seven'"),
        ("objectives", "accuracy", "objectives", "must be a list, got 'accuracy'"),
        ("objectives", [], "objectives", "choose at least 1"),
        ("strategy", None, "strategy", "must be an object of names and values"),
        ("strategy", {"name": "../../etc/passwd"}, "strategy.name", "there is no strategy '../../etc/passwd'"),
        ("constraints", ["macs<=1e999"], "constraints", "must be a finite number"),
        ("constraints", ["macs<=-1"], "constraints", "none of"),
    ],
)
def test_slips_in_a_run_are_named_at_their_field(
    call: Call, world: World, part: str, value: object, field: str, message: str
) -> None:
    body = {"team": world.team.pk, "name": "slip", "specification": toy_values(**{part: value})}
    errors = said(call("member", "POST", "/runs/", body))
    assert message in errors[f"specification.{field}"]
    assert not Run.objects.filter(name="slip").exists()


def test_a_token_of_another_team_starts_nothing_here(call: Call, world: World) -> None:
    body = {"team": world.team.pk, "name": "theirs", "specification": toy_values()}
    assert "no such team" in said(call("outsider", "POST", "/runs/", body))["team"]
    problem(call("outsider", "POST", f"/runs/{world.run.pk}/pause/"), 404)
    world.run.refresh_from_db()
    assert world.run.state == RunState.RUNNING
    assert not Run.objects.filter(name="theirs").exists()


def test_two_people_pause_at_once(call: Call, world: World) -> None:
    """Both get what they wanted; it is done, and told, once."""
    for person in ("member", "admin"):
        response = call(person, "POST", f"/runs/{world.run.pk}/pause/")
        assert (response.status_code, response.json()["state"]) == (200, "paused")
    told = Outbox.objects.filter(run=world.run, body__type="run_changed", body__state="paused")
    assert told.get().body["by"] == "member"


def test_a_body_of_unknown_length_is_not_taken_for_an_empty_one(call: Call) -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    assert "Content-Length" in problem(call("member", "POST", "/tokens/", '{"name": "x"}', **chunked), 411)["detail"]


def test_a_body_that_is_too_long(call: Call) -> None:
    problem(call("member", "POST", "/tokens/", '{"name": "' + "x" * MAX_BYTES + '"}'), 413)


def test_depth_that_is_allowed_is_read(call: Call) -> None:
    nested: Any = 0
    for _ in range(MAX_DEPTH - 2):
        nested = [nested]
    assert fields(call("member", "POST", "/tokens/", {"name": nested})) == {"name"}


def test_an_upload_that_is_too_long_is_refused_before_it_is_read(call: Call, settings: Any) -> None:
    settings.NASWEB_UPLOAD_LIMIT_BYTES = 10
    declared = {"CONTENT_LENGTH": str(2**40), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    assert "10" in problem(call("member", "POST", "/datasets/", **declared), 413)["detail"]


def test_fields_are_named_by_their_path(call: Call, world: World) -> None:
    specification = {
        **toy_values(),
        "space": {"name": "bit_strings", "config": {"num_bits": -1, "unknown": 1}},
        "budget": {"trials": 0},
    }
    body = {"team": world.team.pk, "name": "bad", "specification": specification}
    assert fields(call("member", "POST", "/runs/", body)) == {"specification.budget.trials"}
    specification["budget"] = {"trials": 5}
    assert fields(call("member", "POST", "/runs/", body)) == {
        "specification.space.config.num_bits",
        "specification.space.config.unknown",
    }
    assert not Run.objects.filter(name="bad").exists()


def test_what_the_state_does_not_allow(call: Call, world: World) -> None:
    Run.objects.update(state=RunState.COMPLETED)
    body = problem(call("member", "POST", f"/runs/{world.run.pk}/pause/"), 409)
    assert body["type"] == "urn:nasweb:problem:refused-by-state"
    assert "completed" in body["detail"]


def test_requests_without_a_valid_token_are_limited(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_view, "REFUSALS_PER_MINUTE", 3)
    wrong = Client(headers={"authorization": "Bearer nas_wrong"})
    assert [wrong.get("/api/v1/me/").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert "Retry-After" in wrong.get("/api/v1/me/").headers
    problem(Client().get("/api/v1/me/"), 429)
    assert Client().get("/api/v1/me/", REMOTE_ADDR="203.0.113.9").status_code == 401


def test_a_session_needs_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    member = world.people["member"]
    assert member is not None
    client.force_login(member)
    assert client.get("/api/v1/me/").status_code == 200
    problem(client.post("/api/v1/tokens/", '{"name": "x"}', content_type="application/json"), 403)


def test_a_picture_that_is_not_there_is_a_problem_too(call: Call) -> None:
    problem(call("member", "GET", "/architectures/none/graph.svg"), 404)
