"""Benchmark tables: upload, say what the columns are, use them in a simulated search."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Team
from apps.datasets.library import PlatformTableLibrary
from apps.datasets.models import BenchmarkTable, UploadState
from apps.datasets.services import table_check
from apps.runs.models import Run
from nas.core.errors import UnknownName
from tests.apps.datasets.conftest import uploaded
from tests.apps.wizard.conftest import sent_by

ROWS = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
)
CSV = "arch_str,val_acc_12ep,notes\n" + "".join(f"{row},{70 + i}.5,n{i}\n" for i, row in enumerate(ROWS))


def send(browser: Client, team: Team, content: bytes, name: str = "table.csv") -> BenchmarkTable:
    form = {"name": "Ours", "team": team.pk, "space_name": "nasbench201", "source": "A paper", "licence": "MIT"}
    answer = browser.post("/datasets/tables/new/", {**form, "files": [uploaded(content, name)]})
    table = BenchmarkTable.objects.get()
    assert answer["Location"] == f"/datasets/tables/{table.pk}/columns/"
    return table


def confirm(browser: Client, table: BenchmarkTable, **more: str) -> Any:
    """Send the column form as it comes."""
    address = f"/datasets/tables/{table.pk}/columns/"
    page = browser.get(address).content.decode()
    form = sent_by(page.replace('<form class="card"', '<form id="new-run"'), action="")
    return browser.post(address, {**form, **more})


@pytest.mark.parametrize("content", [CSV.encode(), gzip.compress(CSV.encode())], ids=["plain", "gzip"])
def test_the_guesses_can_be_confirmed_as_they_are(browser: Client, team: Team, content: bytes) -> None:
    table = send(browser, team, content)
    assert table.state == UploadState.DESCRIBING
    confirm(browser, table)
    table.refresh_from_db()
    assert table.state == UploadState.CHECKING
    table_check(table_id=table.pk)
    table.refresh_from_db()
    assert (table.state, table.num_rows) == (UploadState.READY, 2)
    assert table.columns == [{"name": "val_acc_12ep", "role": "accuracy", "part": "validation", "epochs": 12}]
    read = PlatformTableLibrary().load_table(str(table.pk))
    assert list(read.columns["val_acc_12ep"].values) == [0.705, 0.715]


def test_it_can_be_searched_and_is_labelled_simulated(browser: Client, team: Team) -> None:
    table = send(browser, team, CSV.encode())
    confirm(browser, table)
    table_check(table_id=table.pk)
    assert "Simulated" in browser.get(f"/datasets/tables/{table.pk}/").content.decode()
    page = browser.get(f"/runs/new/?table={table.pk}").content.decode()
    assert "simulated" in page
    answer = browser.post("/runs/new/", sent_by(page, action="start"))
    assert answer.status_code == 302, answer.content.decode()
    run = Run.objects.get()
    assert (run.is_simulated, run.table_id) == (True, table.pk)


def test_rows_at_fault_are_named(browser: Client, team: Team) -> None:
    table = send(browser, team, (CSV + "|warp~0|,55,x\n").encode())
    confirm(browser, table)
    table_check(table_id=table.pk)
    table.refresh_from_db()
    assert table.state == UploadState.REFUSED
    assert "row 4" in table.error
    with pytest.raises(UnknownName):
        PlatformTableLibrary().load_table(str(table.pk))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "The file is empty."), (b"\x00\x01\x02", "not text"), (b"\x1f\x8bxx", "gzip")],
    ids=["empty", "binary", "broken"],
)
def test_a_file_that_is_no_table_is_refused_at_once(browser: Client, team: Team, content: bytes, message: str) -> None:
    table = send(browser, team, content)
    answer = browser.get(f"/datasets/tables/{table.pk}/columns/")
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_wrong_words_about_a_column_are_refused_at_the_column(browser: Client, team: Team) -> None:
    table = send(browser, team, CSV.encode())
    answer = confirm(browser, table, **{"columns.1.epochs": "-4"})
    assert answer.status_code == 422
    assert "must be at least 1" in answer.content.decode()
    table.refresh_from_db()
    assert table.state == UploadState.DESCRIBING


def test_a_packed_table_is_never_unpacked_to_look_at_its_header(browser: Client, team: Team) -> None:
    table = send(browser, team, gzip.compress(CSV.encode() + b"x" * 50_000_000), "bomb.csv.gz")
    assert browser.get(f"/datasets/tables/{table.pk}/columns/").status_code == 200
