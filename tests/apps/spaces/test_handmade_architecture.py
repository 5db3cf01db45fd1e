"""The hand-made architecture: what is typed is looked at and changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts.models import User
from nas import registry
from nas.core.genotype_text import genotype_from_text
from nas.core.space import Mutable, Notated, Space, architecture_key, fitting

pytestmark = pytest.mark.any_database

AsUser = Callable[[User | None], Client]
NAMES = registry.spaces.names()
HTMX = {"HX-Request": "true"}
SCRIPT = {"Accept": "application/json"}
HOSTILE = {
    "nesting": "[" * 100_000,
    "objects": '{"a":' * 50_000,
    "huge number": '{"edges": ' + "9" * 10_000 + "}",
    "nan": '{"edges": [NaN]}',
    "a list of numbers": json.dumps({"edges": [10**30] * 6}),
    "wrong types": json.dumps({"edges": {"0": None}}),
    "wrong root": "[]",
    "markup": '{"<script>alert(1)</script>": 1}',
    "nothing": "",
    "a NUL": '{"edges": "\\u0000"}',
}


@pytest.fixture
def browser(as_user: AsUser, member: User) -> Client:
    return as_user(member)


def space_of(name: str) -> Space:
    kind = registry.spaces.get(name)
    return kind(kind.Config.parse(None))


def address(name: str) -> str:
    return f"/spaces/kinds/{name}/architecture/"


def look(client: Client, name: str, genotype: str, **more: str) -> str:
    answer = client.post(address(name), {"genotype": genotype, **more}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def editor(page: str) -> str:
    from html import unescape

    (text,) = re.findall(r'id="id_genotype"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return unescape(text)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_valid_is_drawn_with_its_costs(browser: Client, name: str) -> None:
    space = space_of(name)
    page = browser.get(address(name)).content.decode()
    genotype = genotype_from_text(space, editor(page))
    cost = space.cost(genotype, *fitting(space, (3, 32, 32), 10))
    assert f'data-cost="params">{cost.params:,}<' in page
    assert f'data-cost="macs">{cost.macs:,}<' in page
    assert "data-zoom-area" in page
    assert architecture_key(space, genotype) in page
    if isinstance(space, Notated):
        from django.utils.html import escape

        assert escape(space.notation(genotype)) in page


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_in_words(browser: Client, name: str, case: str) -> None:
    shown = look(browser, name, HOSTILE[case])
    assert "Not an architecture of this space" in shown
    assert "field__error" in shown
    assert "<script>" not in shown
    assert "data-zoom-area" not in shown
    assert len(shown) < 20_000


def test_errors_name_their_fields(browser: Client) -> None:
    edges = ["none", "conv9x9", "none", "none", "none", "oops"]
    shown = look(browser, "nasbench201", json.dumps({"edges": edges}))
    assert re.findall(r"<dt><code>(.*?)</code>", shown) == ["edges.1", "edges.5"]


def test_the_notation_and_the_name_of_a_preset_are_read(browser: Client) -> None:
    space = space_of("nasbench201")
    (preset,) = [preset for preset in space.presets() if preset.name == "resnet"]
    assert isinstance(space, Notated)
    shown = {look(browser, "nasbench201", text) for text in ("resnet", space.notation(preset.genotype))}
    assert all(architecture_key(space, preset.genotype) in one for one in shown)


def test_costs_are_those_of_the_input_and_the_settings(browser: Client) -> None:
    space = space_of("nasbench201")
    kind = registry.spaces.get("nasbench201")
    narrow = kind(kind.Config.parse({"width": 8}))
    genotype = genotype_from_text(space, "resnet")
    more = {"at": "digits", "classes": "3", "space.shown": "nasbench201", "space.config.width": "8"}
    more |= {"space.config.cells_per_stage": "5"}
    operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
    shown = browser.post(
        address("nasbench201"), {"genotype": "resnet", "space.config.operations": operations, **more}, headers=HTMX
    ).content.decode()
    assert f'data-cost="params">{narrow.cost(genotype, (1, 8, 8), 3).params:,}<' in shown
    assert architecture_key(narrow, genotype) in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_link_leads_to_the_same_architecture(browser: Client, name: str) -> None:
    space = space_of(name)
    from html import unescape

    page = browser.get(f"{address(name)}?seed=5&sample=3").content.decode()
    (link,) = re.findall(r'code--one-line"[^>]*>(.*?)</pre>', page, re.DOTALL)
    link = unescape(link)
    before, _, fragment = link.partition("#genotype=")
    if fragment:
        from urllib.parse import unquote

        assert space.validate(json.loads(unquote(fragment))) == genotype_from_text(space, editor(page))
    else:
        again = browser.get(before.removeprefix("http://testserver")).content.decode()
        assert editor(again) == editor(page)


def test_a_sample_of_the_gallery_is_the_one_that_was_drawn_there(browser: Client) -> None:
    gallery = browser.get("/spaces/kinds/nasbench201/?seed=8").content.decode()
    found = re.findall(
        r'href="(/spaces/kinds/nasbench201/architecture/\?[^"]*sample=\d+)".*?title="([\d,]+)".*?title="([\d,]+)"',
        gallery,
        re.DOTALL,
    )
    assert len(found) == 24
    for link, params, macs in found[:5]:
        page = browser.get(link.replace("&amp;", "&")).content.decode()
        assert f'data-cost="params">{params}<' in page
        assert f'data-cost="macs">{macs}<' in page


@pytest.mark.parametrize("name", NAMES)
def test_mutating_gives_another_architecture_of_the_space(browser: Client, name: str) -> None:
    space = space_of(name)
    first = editor(browser.get(address(name)).content.decode())
    answer = browser.post(address(name), {"genotype": first, "action": "mutate"}, headers=SCRIPT)
    if not isinstance(space, Mutable):
        assert (answer.status_code, "no mutation" in answer.json()["message"]) == (409, True)
        return
    assert answer.status_code == 200
    assert genotype_from_text(space, answer.json()["genotype"]) != genotype_from_text(space, first)


def test_without_scripts_the_page_comes_back_with_the_change(browser: Client) -> None:
    first = editor(browser.get(address("nasbench201")).content.decode())
    drawn = {
        editor(browser.post(address("nasbench201"), {"genotype": first, "action": "random"}).content.decode())
        for _ in range(5)
    }
    assert len(drawn) > 1
    for text in drawn:
        genotype_from_text(space_of("nasbench201"), text)


def test_what_cannot_be_mutated_is_left_as_it_was(browser: Client) -> None:
    answer = browser.post(address("nasbench201"), {"genotype": "{", "action": "mutate"}, headers=SCRIPT)
    assert answer.status_code == 409
    assert "no JSON" in answer.json()["message"]
    page = browser.post(address("nasbench201"), {"genotype": "{", "action": "mutate"}).content.decode()
    assert editor(page) == "{"


def test_wrong_settings_lead_back_to_the_page_of_the_kind(browser: Client) -> None:
    query = urlencode({"space.shown": "nasbench201", "space.config.width": "1"})
    answer = browser.get(f"{address('nasbench201')}?{query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/spaces/kinds/nasbench201/?")
    assert "must be at least 4" in browser.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("query", ["sample=-1", "sample=99999999", "sample=x"])
def test_samples_that_are_none_are_not_found(browser: Client, query: str) -> None:
    assert browser.get(f"{address('nasbench201')}?{query}").status_code == 404
