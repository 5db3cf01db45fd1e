"""The pages of latency tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.latency.models import LatencyState, LatencyTable
from apps.latency.services.work import latency_claim, latency_finish
from apps.workers.models import Worker
from nas.hardware.latency_table import LatencyRow, TableFingerprint
from nas.hardware.latency_table import LatencyTable as EngineTable
from tests.apps.builders import make_run
from tests.apps.latency.conftest import CSV, TINY, ask, bring

pytestmark = pytest.mark.django_db
Visit = Callable[[User | None], Client]


def measured(team: Team, by: User, device: Worker, *, pairs: list[tuple[float, float]]) -> LatencyTable:
    row = ask(team, by, device)
    lease = latency_claim(table_id=row.pk, worker=device, now=timezone.now())
    assert lease is not None
    rows = {f"block {n}": LatencyRow(100, n, 0.1, n, n + 1.0) for n in range(1, 61)}
    table = EngineTable("Ours", TableFingerprint("a CPU", "2.13", threads=1), rows, checks=tuple(pairs))
    latency_finish(lease=lease, table=table, now=timezone.now())
    row.refresh_from_db()
    return row


def measure_form(team: Team, device: Worker, **changes: str) -> dict[str, Any]:
    given = {"name": "Ours", "team": team.pk, "space": "kind:mobile:proxyless_mini", "at": "cifar10"}
    return {**given, "worker": device.pk, "measure.num_checks": "5", "measure.batch": "4", **changes}


def test_a_table_is_asked_for_by_a_form(as_user: Visit, team: Team, member: User, device: Worker) -> None:
    answer = as_user(member).post("/latency/new/", measure_form(team, device))
    table = LatencyTable.objects.get()
    assert answer.headers["Location"] == f"/latency/{table.pk}/"
    assert (table.space_name, table.input_shape, table.num_classes) == ("mobile", [3, 32, 32], 10)
    assert table.space_config["head_width"] == 320
    assert (table.settings["batch"], table.settings["num_checks"]) == (4, 5)
    assert (table.host, table.device_name, table.queue) == ("here", "a CPU", device.queue)
    page = as_user(member).get(f"/latency/{table.pk}/").content.decode()
    assert "It begins when a worker of the device is free" in page
    assert 'hx-trigger="every 1s"' in page


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"worker": "999"}, "Select a valid choice"),
        ({"space": "kind:nothing:"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"measure.batch": "0"}, "must be at least 1"),
        ({"space": "given", "given": "{"}, "Select a valid choice"),
        ({"space": "given", "given": json.dumps({"name": "mobile", "config": {"head_width": 3}})}, "head_width"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    as_user: Visit, team: Team, member: User, device: Worker, changes: dict[str, str], said: str
) -> None:
    answer = as_user(member).post("/latency/new/", measure_form(team, device, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not LatencyTable.objects.exists()


@pytest.mark.any_database
def test_a_kind_of_space_leads_to_the_form_with_its_settings(
    as_user: Visit, team: Team, member: User, device: Worker
) -> None:
    visitor = as_user(member)
    page = visitor.get("/spaces/kinds/mobile/", {"space.preset": "ofa_mini", "at": "mnist"}).content.decode()
    address = page.partition('href="/latency/new/?')[2].partition('"')[0].replace("&amp;", "&")
    asked = {name: values[0] for name, values in parse_qs(urlparse(f"?{address}").query).items()}
    form = visitor.get("/latency/new/", asked).content.decode()
    assert '<option value="given" selected>Mobile networks, as you set it</option>' in form
    assert '<option value="mnist" selected>' in form
    visitor.post("/latency/new/", measure_form(team, device, space="given", given=asked["given"], at="mnist"))
    table = LatencyTable.objects.get()
    assert (table.space_config["head_width"], table.input_shape) == (256, [1, 28, 28])


@pytest.mark.any_database
@pytest.mark.parametrize(("space", "is_offered"), [("nasnet", True), ("wann", False), ("automl_zero", False)])
def test_only_spaces_of_networks_that_can_be_measured_offer_it(
    as_user: Visit, member: User, space: str, is_offered: bool
) -> None:
    page = as_user(member).get(f"/spaces/kinds/{space}/").content.decode()
    assert ("/latency/new/?given=" in page) == is_offered


def test_a_worker_leads_to_the_form_with_its_device(as_user: Visit, member: User, device: Worker) -> None:
    visitor = as_user(member)
    assert f'href="/latency/new/?worker={device.pk}"' in visitor.get("/workers/").content.decode()
    form = visitor.get("/latency/new/", {"worker": device.pk}).content.decode()
    assert f'<option value="{device.pk}" selected>a CPU on here</option>' in form


def test_without_workers_nothing_can_be_asked_for(as_user: Visit, member: User) -> None:
    form = as_user(member).get("/latency/new/").content.decode()
    assert "No worker is running" in form


def test_a_measured_table_shows_its_check_and_its_rows(
    as_user: Visit, team: Team, member: User, device: Worker
) -> None:
    table = measured(team, member, device, pairs=[(n, 2 + 1.5 * n) for n in range(1, 31)])
    visitor = as_user(member)
    page = visitor.get(f"/latency/{table.pk}/").content.decode()
    for said in ("ms + 1.500 × sum", "<dd>1.000</dd>", "measured as predicted"):
        assert said in page
    assert page.count('class="scatter__point"') == 30
    assert "say little about which of two networks is quicker" not in page
    assert 'hx-trigger="every' not in page
    assert page.index("block 60") < page.index("block 59")
    assert "1–50 of 60" in page
    found = visitor.get(f"/latency/{table.pk}/", {"part": "rows", "q": "BLOCK 7"}, headers={"HX-Request": "true"})
    assert found.content.decode().count("<tr>") == 7  # 7, 17 … 57, and the head
    assert "block 7" in found.content.decode()


def test_a_low_correlation_is_a_warning(as_user: Visit, team: Team, member: User, device: Worker) -> None:
    table = measured(team, member, device, pairs=[(n, n % 3 + 1.0) for n in range(1, 31)])
    page = as_user(member).get(f"/latency/{table.pk}/").content.decode()
    assert "say little about which of two networks is quicker" in page
    assert table.state == LatencyState.READY


def test_tables_are_imported_and_exported(as_user: Visit, team: Team, member: User) -> None:
    visitor = as_user(member)
    given = {"name": "Theirs", "team": team.pk, "files": [SimpleUploadedFile("t.csv", CSV)]}
    answer = visitor.post("/latency/import/", given)
    table = LatencyTable.objects.get()
    assert answer.headers["Location"] == f"/latency/{table.pk}/"
    assert (table.state, table.device_name, table.num_rows) == (LatencyState.READY, "a phone", 2)
    exported = visitor.get(f"/latency/{table.pk}/table.csv")
    assert exported.headers["Content-Disposition"] == f'attachment; filename="latency_{table.pk}.csv"'
    visitor.post("/latency/import/", {**given, "files": [SimpleUploadedFile("again.csv", exported.content)]})
    again = LatencyTable.objects.exclude(pk=table.pk).get()
    assert again.content["rows"] == table.content["rows"]
    assert again.device_name == "a phone"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([b"key,median_ms\na,slow\n"], "line 2, column median_ms"),
        ([b"key,median_ms\na,1\n"], "fingerprint.device"),
        ([CSV, CSV], "Choose one CSV file"),
        ([], "Choose one CSV file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    as_user: Visit, team: Team, member: User, files: list[bytes], said: str
) -> None:
    uploads = [SimpleUploadedFile(f"{n}.csv", content) for n, content in enumerate(files)]
    answer = as_user(member).post("/latency/import/", {"name": "x", "team": team.pk, "files": uploads})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not LatencyTable.objects.exists()


def test_a_table_in_use_is_not_deleted(as_user: Visit, team: Team, member: User) -> None:
    table = bring(team, member)
    table.runs.add(make_run(team, member))
    visitor = as_user(member)
    assert "Runs that have not ended use it" in visitor.get(f"/latency/{table.pk}/delete/").content.decode()
    assert visitor.post(f"/latency/{table.pk}/delete/").status_code == 409
    table.runs.clear()
    assert visitor.post(f"/latency/{table.pk}/delete/").status_code == 302
    assert not LatencyTable.objects.exists()


def test_a_form_of_a_run_offers_the_tables_that_are_ready(
    as_user: Visit, team: Team, other_team: Team, member: User, outsider: User, device: Worker
) -> None:
    ready = bring(team, member)
    bring(other_team, outsider, name="Hidden")
    ask(team, member, device, name="Waiting")
    page = as_user(member).get("/runs/new/").content.decode()
    field = page.partition('name="estimator.config.latency_table"')[2].partition("</select>")[0]
    assert f'<option value="{ready.pk}">Theirs: a phone</option>' in field
    assert "Hidden" not in field
    assert "Waiting" not in field
    assert "selected>None</option>" in field


__all__ = ["TINY"]
