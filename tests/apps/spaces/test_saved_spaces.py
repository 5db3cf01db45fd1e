"""Spaces kept under a name: save, look, share, delete."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.spaces.models import SavedSpace
from apps.spaces.services.saved_space import saved_space_create
from nas import registry
from nas.core.space import space_fingerprint


@pytest.fixture
def saved(team: Team, member: User) -> SavedSpace:
    kind = registry.spaces.get("nasbench201")
    return saved_space_create(team=team, by=member, name="Narrow", space=kind(kind.Config.parse({"width": 6})))


def form(team: Team, **more: str) -> dict[str, str | list[str]]:
    return {
        "team": str(team.pk),
        "saved_name": "Narrow",
        "space.name": "nasbench201",
        "space.shown": "nasbench201",
        "space.config.width": "6",
        "space.config.cells_per_stage": "2",
        "space.config.operations": ["none", "skip_connect", "nor_conv_3x3"],
        **more,
    }


def test_the_space_of_the_form_is_saved(as_user: Callable[[User | None], Client], member: User, team: Team) -> None:
    answer = as_user(member).post("/spaces/save/", form(team))
    saved = SavedSpace.objects.get()
    assert answer["Location"] == f"/spaces/{saved.pk}/"
    assert saved.config == {"width": 6, "cells_per_stage": 2, "operations": ["none", "skip_connect", "nor_conv_3x3"]}
    kind = registry.spaces.get("nasbench201")
    assert saved.fingerprint == space_fingerprint(kind(kind.Config.parse(saved.config)))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"saved_name": " "}, "Give it a name."),
        ({"saved_name": "x" * 301}, "300"),
        ({"space.config.width": "-3"}, "must be at least 4"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(
    as_user: Callable[[User | None], Client], member: User, team: Team, more: dict[str, str], message: str
) -> None:
    answer = as_user(member).post("/spaces/save/", form(team, **more))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'name="space.config.cells_per_stage" value="2"' in page
    assert not SavedSpace.objects.exists()


def test_a_viewer_cannot_save(as_user: Callable[[User | None], Client], viewer: User, team: Team) -> None:
    assert as_user(viewer).post("/spaces/save/", form(team)).status_code == 404
    assert not SavedSpace.objects.exists()


def test_the_page_shows_settings_and_preview(
    as_user: Callable[[User | None], Client], viewer: User, saved: SavedSpace
) -> None:
    page = as_user(viewer).get(f"/spaces/{saved.pk}/").content.decode()
    assert "Narrow" in page
    assert "15,625" in page
    assert page.count('class="histogram"') == 4
    assert "Who may use it" not in page  # a viewer cannot share


def test_sharing_shows_it_to_the_named_team_and_taking_it_back_hides_it(
    as_user: Callable[[User | None], Client], member: User, outsider: User, other_team: Team, saved: SavedSpace
) -> None:
    address = f"/spaces/{saved.pk}/"
    assert as_user(outsider).get(address).status_code == 404
    as_user(member).post(f"{address}share/", {"visibility": "team", "other_team": other_team.name})
    assert as_user(outsider).get(address).status_code == 200
    assert as_user(outsider).post(f"{address}delete/").status_code == 404  # sharing grants viewing only
    as_user(member).post(f"{address}share/", {"visibility": "team"})
    assert as_user(outsider).get(address).status_code == 404


def test_sharing_with_a_team_that_is_not_there_is_refused_at_the_field(
    as_user: Callable[[User | None], Client], member: User, saved: SavedSpace
) -> None:
    answer = as_user(member).post(f"/spaces/{saved.pk}/share/", {"visibility": "team", "other_team": "Nobody"})
    assert answer.status_code == 422
    assert "There is no other team of that name." in answer.content.decode()


def test_deleting_asks_first(as_user: Callable[[User | None], Client], member: User, saved: SavedSpace) -> None:
    client = as_user(member)
    assert "cannot be undone" in client.get(f"/spaces/{saved.pk}/delete/").content.decode()
    assert SavedSpace.objects.exists()
    client.post(f"/spaces/{saved.pk}/delete/")
    assert not SavedSpace.objects.exists()
