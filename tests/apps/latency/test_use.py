"""Runs that read a latency table, and the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.datasets.library import PlatformTableLibrary
from apps.latency.models import LatencyTable
from apps.latency.services.table import latency_delete
from apps.runs.engine import setup_of
from apps.runs.services import run_create
from apps.workers.models import Worker
from nas.core.errors import InvalidConfig, UnknownName
from nas.hardware.latency_csv import MOST_BYTES
from nas.hardware.network_pieces import pieces_of_space
from tests.apps.latency.conftest import CSV, TINY, ask, bring, tiny_space

pytestmark = pytest.mark.django_db


def whole(team: Team, by: User) -> LatencyTable:
    """Has a row for everything that the tiny space needs on digits."""
    rows = "".join(f'"{key}",0.5\n' for key in pieces_of_space(tiny_space(), (1, 8, 8), 10))
    return bring(team, by, f"# device: a phone\nkey,median_ms\n{rows}".encode())


def specification(table: object) -> dict[str, Any]:
    return {
        "problem": {"name": "image_classification", "config": {}},
        "space": {"name": "mobile", "config": TINY},
        "strategy": {"name": "random", "config": {}},
        "estimator": {"name": "train", "config": {"epochs": 1, "latency_table": str(table)}},
        "objectives": ["accuracy", "latency_ms"],
        "budget": {"trials": 3},
    }


def test_a_run_reads_the_table_it_names(team: Team, member: User) -> None:
    table = whole(team, member)
    run = run_create(team=team, by=member, name="quick", values=specification(table.pk), now=timezone.now())
    assert list(run.latency_tables.all()) == [table]
    setup = setup_of(run)
    assert setup.latency is not None
    assert setup.latency.load_latency(str(table.pk)).sum_ms(["Conv-input:8x8x1-output:8x8x16"]) == 0.5


@pytest.mark.parametrize("whose", ["nobody", "others", "unfinished", "other space"])
def test_a_table_that_cannot_serve_is_refused_at_its_field(
    team: Team, other_team: Team, member: User, outsider: User, device: Worker, whose: str
) -> None:
    reference: object = 12345
    said = "there is no latency table"
    if whose == "others":
        reference = whole(other_team, outsider).pk
    elif whose == "unfinished":
        reference, said = ask(team, member, device).pk, "is not ready: it is not measured to its end"
    elif whose == "other space":
        reference, said = bring(team, member).pk, "has no entry for"
    with pytest.raises(InvalidConfig) as caught:
        run_create(team=team, by=member, name="quick", values=specification(reference), now=timezone.now())
    (error,) = caught.value.errors
    assert "latency_table" in error.field
    assert said in error.message


def test_the_library_finds_what_is_ready_and_nothing_that_is_gone(team: Team, member: User, device: Worker) -> None:
    library, table = PlatformTableLibrary(), bring(team, member)
    assert library.load_latency(str(table.pk)) is library.load_latency(str(table.pk)), "read once"
    waiting = ask(team, member, device)
    latency_delete(table=table, by=member)
    for reference in (str(table.pk), str(waiting.pk), "0", "x", "9" * 30):
        with pytest.raises(UnknownName, match="there is no latency table"):
            library.load_latency(reference)


def test_the_api_imports_and_says_what_is_wrong_with_a_file(
    with_token: Callable[[User], Client], team: Team, member: User
) -> None:
    client = with_token(member)

    def sent(content: bytes = CSV, **changes: Any) -> Any:
        given = {"name": "Theirs", "source": "a paper", "files": SimpleUploadedFile("table.csv", content), **changes}
        return client.post("/api/v1/latency-tables/import/", given)

    answer = sent()
    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["state"], body["fingerprint"]["device"]) == ("Theirs", "ready", "a phone")
    rows = client.get(f"/api/v1/latency-tables/{body['id']}/rows/").json()["rows"]
    assert {row["key"]: row["median_ms"] for row in rows} == {
        "Conv-input:8x8x1-output:8x8x16": 0.5,
        "other block": 0.25,
    }
    named = sent(b"key,latency_us\nblock,500\n", device="a board")
    assert named.json()["fingerprint"]["device"] == "a board"
    for changes, field in (
        ({"content": b"key,latency_ms\nblock,soon\n"}, "files"),
        ({"content": b""}, "files"),
        ({"files": []}, "files"),
        ({"unit": "weeks"}, "unit"),
        ({"name": ""}, "name"),
    ):
        refused = sent(**changes)
        assert refused.status_code == 400, changes
        assert field in {error["field"] for error in refused.json()["errors"]}, refused.json()
    assert sent(b"x" * (MOST_BYTES + 2**21)).status_code == 413


def test_the_api_asks_follows_and_reads(
    with_token: Callable[[User], Client], team: Team, member: User, device: Worker
) -> None:
    client = with_token(member)
    body = {
        "name": "Ours",
        "space": {"name": "mobile", "config": TINY},
        "input_shape": [1, 8, 8],
        "num_classes": 10,
        "worker": device.pk,
        "settings": {"batch": 2},
    }
    asked = client.post("/api/v1/latency-tables/", body, content_type="application/json")
    assert asked.status_code == 202
    assert asked.json()["state"] == "queued"
    assert asked.json()["settings"]["batch"] == 2
    address = f"/api/v1/latency-tables/{asked.json()['id']}/"
    assert client.post(f"{address}cancel/").json()["state"] == "cancelled"
    assert client.post(f"{address}go-on/").json()["state"] == "queued"
    assert client.get(f"{address}rows/").json() == {"offset_ms": 0.0, "rows": [], "checks": []}
    table = bring(team, member)
    one = client.get(f"/api/v1/latency-tables/{table.pk}/").json()
    assert one["fingerprint"]["device"] == "a phone"
    assert one["check"] is None
    rows = client.get(f"/api/v1/latency-tables/{table.pk}/rows/?q=conv").json()["rows"]
    assert [(row["key"], row["median_ms"]) for row in rows] == [("Conv-input:8x8x1-output:8x8x16", 0.5)]
    for wrong, field in (
        ({"worker": 999}, "worker"),
        ({"settings": {"batch": 0}}, "measure.batch"),
        ({"settings": []}, "settings"),
        ({"space": {"name": "nothing"}}, "space.name"),
        ({"input_shape": [3]}, "input_shape"),
    ):
        refused = client.post("/api/v1/latency-tables/", {**body, **wrong}, content_type="application/json")
        assert refused.status_code == 400, wrong
        assert field in {error["field"] for error in refused.json()["errors"]}
