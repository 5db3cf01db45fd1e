"""Two architectures side by side: for who may see both, in one space; by key, by preset, by the links of a page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.architectures.models import Architecture
from apps.runs.models import Trial
from tests.apps.builders import make_run, make_trials

Visit = Callable[[User | None], Client]
PAGE, API = "/architectures/diff/", "/api/v1/architectures/diff/"


@pytest.fixture
def pair(team: Team, member: User) -> tuple[Architecture, Architecture]:
    first, second = make_trials(make_run(team, member, specification={"space": {"name": "nasbench201"}}), 2)
    assert first.architecture != second.architecture
    return first.architecture, second.architecture


def test_it_shows_pictures_costs_and_genotypes(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    page = as_user(viewer).get(PAGE, {"a": pair[0].key, "b": pair[1].key}).content.decode()
    assert page.count("is-compared") == 2
    assert page.count("graph-badge") > 1
    assert "only in the second" in page
    edges = [i for i in range(6) if pair[0].genotype["edges"][i] != pair[1].genotype["edges"][i]]
    assert re.findall(r"<code>edges\.(\d)</code>", page) == [str(i) for i in edges]
    assert re.search(r"[+-]\d[\d.]* %", page)


def test_the_network_layer_by_layer_can_be_compared_and_opened(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    client, query = as_user(viewer), {"a": pair[0].key, "b": pair[1].key, "view": "network"}
    page = client.get(PAGE, query).content.decode()
    assert page.count('is-changed" data-node="group:stage1.cell1"') == 2
    part = client.get(PAGE, {**query, "open": "stage1,stage1.cell1"}, headers={"x-part": "drawing"}).content.decode()
    assert "<html" not in part
    assert part.count('class="graph-toggle is-open" data-toggle="stage1.cell1"') == 2
    assert f"a={pair[0].key}&amp;b={pair[1].key}&amp;view=network&amp;open=" in part


def test_an_architecture_does_not_differ_from_itself(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    page = as_user(viewer).get(PAGE, {"a": pair[0].key, "b": pair[0].key}).content.decode()
    assert "Both are the same network." in page
    assert "The genotypes are equal." in page
    assert "graph-badge" not in page


@pytest.mark.parametrize("address", [PAGE, API])
def test_both_must_be_visible(
    as_user: Visit,
    outsider: User,
    other_team: Team,
    viewer: User,
    pair: tuple[Architecture, Architecture],
    address: str,
) -> None:
    own = make_trials(
        make_run(other_team, outsider, specification={"space": {"name": "nasbench201", "config": {"width": 32}}}), 1
    )[0].architecture
    client = as_user(outsider)
    assert client.get(address, {"a": own.key, "b": own.key}).status_code == 200
    for a, b in ((own.key, pair[0].key), (pair[0].key, own.key), (own.key, "0" * 32), ("0" * 32, own.key)):
        assert client.get(address, {"a": a, "b": b}).status_code == 404
    assert as_user(viewer).get(address, {"a": pair[0].key, "b": pair[1].key}).status_code == 200


def test_a_preset_of_the_space_can_be_the_second(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    client = as_user(viewer)
    page = client.get(PAGE, {"a": pair[0].key, "b": "preset:resnet"}).content.decode()
    assert "Residual block" in page
    assert client.get(PAGE, {"a": pair[0].key, "b": "preset:none_such"}).status_code == 404
    assert client.get(PAGE, {"a": "preset:resnet", "b": pair[0].key}).status_code == 404


def test_other_settings_of_the_space_are_refused_in_words(
    as_user: Visit, viewer: User, team: Team, member: User, pair: tuple[Architecture, Architecture]
) -> None:
    wide = {"space": {"name": "nasbench201", "config": {"width": 64}}}
    other = make_trials(make_run(team, member, specification=wide), 1)[0].architecture
    client, query = as_user(viewer), {"a": pair[0].key, "b": other.key}
    page = client.get(PAGE, query)
    assert page.status_code == 200
    assert "different settings" in page.content.decode()
    assert "<figure" not in page.content.decode()
    answer = client.get(API, query)
    assert answer.status_code == 400
    assert "different settings" in str(answer.json())


def test_without_keys_there_is_a_form_and_the_api_names_what_is_missing(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    client = as_user(viewer)
    assert 'name="b"' in client.get(PAGE).content.decode()
    assert f'value="{pair[0].key}"' in client.get(PAGE, {"a": pair[0].key}).content.decode()
    answer = client.get(API, {"a": pair[0].key})
    assert answer.status_code == 400
    assert '"b"' in answer.content.decode()


def test_a_key_that_is_no_key_is_not_found(
    as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]
) -> None:
    client = as_user(viewer)
    for wrong in ("\x00", "x" * 5000, "<script>", "preset:\x00"):
        assert client.get(PAGE, {"a": pair[0].key, "b": wrong}).status_code == 404


def test_the_api_tells_the_same_as_json(as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]) -> None:
    told = as_user(viewer).get(API, {"a": pair[0].key, "b": pair[1].key}).json()
    assert (told["a"]["key"], told["b"]["key"]) == (pair[0].key, pair[1].key)
    params = next(cost for cost in told["costs"] if cost["name"] == "params")
    assert params["difference"] == params["after"] - params["before"]
    assert told["num_differences"] == sum(
        part["kind"] != "same" for name in ("nodes", "edges", "groups") for part in told[name]
    )
    assert not told["is_same_network"]


def test_the_page_of_an_architecture_offers_front_and_presets(
    as_user: Visit, viewer: User, team: Team, member: User
) -> None:
    trials = make_trials(make_run(team, member), 6)
    Trial.objects.filter(pk__in=[trial.pk for trial in trials[1:3]]).update(on_front=True)
    page = as_user(viewer).get(f"/architectures/{trials[0].architecture.key}/").content.decode()
    assert f'<option value="{trials[1].architecture.key}">' in page
    assert '<option value="preset:resnet">' in page
    assert f'<option value="{trials[0].architecture.key}">' not in page


def test_paths_as_json_keep_every_digit(as_user: Visit, viewer: User, pair: tuple[Architecture, Architecture]) -> None:
    client = as_user(viewer)
    parts = client.get(f"/api/v1/architectures/{pair[0].key}/paths/").json()
    assert [part["part"] for part in parts] == ["Network", "Cell", "Layer by layer"]
    whole = parts[-1]
    assert sum(int(row["count"]) for row in whole["num_paths"]) == int(whole["total_paths"])
    graph = client.get(f"/api/v1/architectures/{pair[0].key}/graph/", {"view": "network"}).json()
    assert len(graph["nodes"]) > 100
    assert client.get(f"/api/v1/architectures/{pair[0].key}/graph/", {"view": "x"}).status_code == 400
