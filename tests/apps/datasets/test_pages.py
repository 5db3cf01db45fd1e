"""The pages of data sets: upload, look, share, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.datasets.models import DataSet, UploadState
from apps.datasets.services import dataset_check
from apps.runs.states import RunState
from tests.apps.builders import make_run
from tests.apps.datasets.conftest import Upload, good_npz, uploaded

Visit = Callable[[User | None], Client]


def test_an_upload_leads_to_a_page_that_asks_until_the_check_is_done(browser: Client, team: Team) -> None:
    form = {"name": "Ours", "team": team.pk, "files": [uploaded(good_npz())]}
    answer = browser.post("/datasets/new/", form)
    dataset = DataSet.objects.get()
    address = f"/datasets/{dataset.pk}/"
    assert answer["Location"] == address
    page = browser.get(address).content.decode()
    assert f'hx-get="{address}"' in page
    dataset_check(dataset_id=dataset.pk)
    part = browser.get(address, headers={"hx-request": "true"}).content.decode()
    assert "hx-get" not in part  # nothing more to wait for
    assert part.count("data:image/png;base64,") == 24
    assert "<html" not in part


def test_the_script_gets_json_answers(browser: Client, team: Team) -> None:
    json = {"accept": "application/json"}
    form = {"name": "Ours", "team": team.pk, "files": [uploaded(good_npz())]}
    done = browser.post("/datasets/new/", form, headers=json)
    assert (done.status_code, done.json()) == (201, {"location": f"/datasets/{DataSet.objects.get().pk}/"})
    wrong = browser.post("/datasets/new/", {"name": "x" * 301, "team": team.pk}, headers=json)
    assert wrong.status_code == 422
    assert list(wrong.json()["errors"]) == ["name"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 301}, "at most 300 characters"),
        ({"files": []}, "Choose the files to upload."),
        ({"files": [uploaded(b"1", "a.npz"), uploaded(b"2", "a.npz")]}, "Two files are called a.npz."),
        ({"files": [uploaded(b"1", f"{i}") for i in range(9)]}, "At most 8 files"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(browser: Client, team: Team, more: dict[str, Any], message: str) -> None:
    form = {"name": "Kept", "team": team.pk, "files": [uploaded(good_npz())], **more}
    answer = browser.post("/datasets/new/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert not DataSet.objects.exists()


def test_a_refused_upload_says_why_and_what_to_do(browser: Client, upload: Upload) -> None:
    dataset = upload(**{"data.npz": b""})
    page = browser.get(f"/datasets/{dataset.pk}/").content.decode()
    assert "data.npz is empty." in page
    assert "Upload other files" in page


def test_names_are_text_not_markup(browser: Client, upload: Upload) -> None:
    dataset = upload("<script>alert(1)</script>")
    for address in ("/datasets/", f"/datasets/{dataset.pk}/", f"/datasets/{dataset.pk}/delete/", "/runs/new/"):
        assert "<script>alert" not in browser.get(address).content.decode()


def test_it_is_offered_for_runs_once_it_is_ready(browser: Client, upload: Upload, team: Team) -> None:
    ready = upload("Ready one")
    upload("Broken one", **{"data.npz": b""})
    page = browser.get("/runs/new/").content.decode()
    assert f'<option value="{ready.pk}">Ready one</option>' in page
    assert "Broken one" not in page
    assert f'<option value="{ready.pk}" selected>' in browser.get(f"/runs/new/?dataset={ready.pk}").content.decode()


def test_sharing_makes_it_visible_and_usable_not_changeable(
    as_user: Visit, member: User, outsider: User, other_team: Team, upload: Upload
) -> None:
    dataset = upload("Shared one")
    address, theirs = f"/datasets/{dataset.pk}/", as_user(outsider)
    assert "Shared one" not in theirs.get("/datasets/").content.decode()
    as_user(member).post(f"{address}share/", {"visibility": "team", "other_team": other_team.name})
    assert "Shared one" in theirs.get("/datasets/").content.decode()
    assert "Shared one" in theirs.get("/runs/new/").content.decode()
    assert "Who may use it" not in theirs.get(address).content.decode()
    assert theirs.post(f"{address}share/", {"visibility": "signed_in"}).status_code == 404
    assert theirs.post(f"{address}delete/").status_code == 404


def test_deleting_says_which_runs_use_it_and_names_no_hidden_ones(
    browser: Client, upload: Upload, team: Team, member: User, other_team: Team, outsider: User
) -> None:
    dataset = upload()
    make_run(team, member, name="Our run", dataset=dataset, state=RunState.COMPLETED)
    make_run(other_team, outsider, name="Their run", dataset=dataset, state=RunState.COMPLETED)
    page = browser.get(f"/datasets/{dataset.pk}/delete/").content.decode()
    assert "2 runs used it" in page
    assert "Our run" in page
    assert "Their run" not in page
    assert "and 1 other run" in page
    browser.post(f"/datasets/{dataset.pk}/delete/")
    assert not DataSet.objects.exists()


def test_it_cannot_be_deleted_under_a_running_search(browser: Client, upload: Upload, team: Team, member: User) -> None:
    dataset = upload()
    make_run(team, member, dataset=dataset)
    assert browser.post(f"/datasets/{dataset.pk}/delete/").status_code == 409
    assert DataSet.objects.get().state == UploadState.READY


def test_the_list_begins_with_digits_and_says_what_would_be_there(browser: Client) -> None:
    page = browser.get("/datasets/").content.decode()
    assert "Digits (bundled)" in page
    assert "Nothing was uploaded yet." in page
    assert "data:image/png" in browser.get("/datasets/bundled/digits/").content.decode()
    assert browser.get("/datasets/bundled/unknown/").status_code == 404


def test_a_viewer_may_look_but_not_upload(as_user: Visit, viewer: User, team: Team) -> None:
    client = as_user(viewer)
    assert "/datasets/new/" not in client.get("/datasets/").content.decode()
    form = {"name": "n", "team": team.pk, "files": [uploaded(good_npz())]}
    assert client.post("/datasets/new/", form).status_code == 422
    assert not DataSet.objects.exists()
