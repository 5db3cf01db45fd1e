"""The catalogue of spaces and the page of each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.datasets.models import DataSet, UploadState
from apps.spaces.models import SavedSpace
from apps.spaces.selectors import kind_page
from apps.spaces.selectors.sample import PIECE
from nas import registry
from nas.core.space import fitting, space_fingerprint

pytestmark = pytest.mark.any_database

AsUser = Callable[[User | None], Client]
NAMES = registry.spaces.names()
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(as_user: AsUser, member: User) -> Client:
    return as_user(member)


def page(client: Client, address: str, **query: object) -> str:
    answer = client.get(f"{address}?{urlencode(query, doseq=True)}")
    assert answer.status_code == 200
    return answer.content.decode()


def results(client: Client, name: str, **query: object) -> str:
    address = f"/spaces/kinds/{name}/?{urlencode({**query, 'part': 'results'}, doseq=True)}"
    answer = client.get(address, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def gallery_of(client: Client, **query: object) -> str:
    query = {**query, "part": "gallery"}
    return client.get(f"/spaces/kinds/nasbench201/?{urlencode(query)}", headers=HTMX).content.decode()


def settings(**config: object) -> dict[str, object]:
    return {
        "space.shown": "nasbench201",
        "space.config.width": 16,
        "space.config.cells_per_stage": 5,
        "space.config.operations": ["none", "skip_connect", "nor_conv_3x3"],
        **{f"space.config.{name}": value for name, value in config.items()},
    }


def test_the_catalogue_has_a_card_with_a_drawing_for_every_kind(browser: Client) -> None:
    shown = page(browser, "/spaces/")
    for name in NAMES:
        assert f'href="/spaces/kinds/{name}/"' in shown
    assert shown.count('class="card space-card"') == shown.count('class="space-card__picture"><svg') == len(NAMES)
    assert 'href="https://arxiv.org/abs/2001.00326"' in shown


def test_the_search_keeps_kinds_that_hold_every_word(browser: Client) -> None:
    assert "/spaces/kinds/nasbench201/" in page(browser, "/spaces/", q="six EDGES 2001.00326")
    assert "/spaces/kinds/" not in page(browser, "/spaces/", q="six edges 9999.99999")


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_its_page_with_form_numbers_presets_and_samples(browser: Client, name: str) -> None:
    kind = registry.spaces.get(name)
    space = kind(kind.Config.parse(None))
    shown = page(browser, f"/spaces/kinds/{name}/")
    assert len(re.findall(r'name="space\.config\.', shown)) >= len(kind.Config.model_fields)
    assert shown.count('class="histogram"') == 4
    assert len(re.findall(r"&amp;genotype=", shown)) >= len(space.presets())
    assert len(re.findall(r"&amp;sample=\d+", shown)) > 1
    for preset in space.presets():
        cost = space.cost(preset.genotype, *fitting(space, (3, 32, 32), 10))
        assert f"{cost.params:,} parameters" in shown
        assert f"{cost.macs:,} MACs" in shown


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_shown_at_every_input(browser: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind_page, "NUM_SAMPLES", PIECE)
    for at in ("digits", "mnist", "cifar100", "tinyimagenet", "imagenet"):
        assert 'id="kind-numbers"' in results(browser, name, at=at), at


def test_no_kind_of_that_name_is_not_found(browser: Client) -> None:
    assert browser.get("/spaces/kinds/nowhere/").status_code == 404


def test_settings_change_the_numbers_and_stand_in_the_address(browser: Client) -> None:
    query = {**settings(width=8), "part": "results"}
    answer = browser.get(f"/spaces/kinds/nasbench201/?{urlencode(query, doseq=True)}", headers=HTMX)
    shown = answer.content.decode()
    assert "<strong>729</strong>" in shown
    assert "space.config.width=8" in answer["HX-Replace-Url"]
    assert browser.get(answer["HX-Replace-Url"]).status_code == 200
    assert "<strong>729</strong>" in browser.get(answer["HX-Replace-Url"]).content.decode()


def test_the_address_of_the_defaults_is_short(browser: Client) -> None:
    defaults = settings(operations=["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"])
    query = urlencode({**defaults, "part": "results"}, doseq=True)
    answer = browser.get(f"/spaces/kinds/nasbench201/?{query}", headers=HTMX)
    assert answer["HX-Replace-Url"] == "/spaces/kinds/nasbench201/?at=cifar10"


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        (settings(width="0"), "Width", "must be at least 4"),
        (settings(width="many"), "Width", "must be a whole number"),
        (settings(operations=[]), "Operations", "choose at least 1"),
        ({"limits": "params < 5"}, "Limits", "expected something like params&lt;=200000"),
        ({"limits": "speed<=5"}, "Limits", "there is no metric &#x27;speed&#x27;"),
        ({"limits": ",".join(["params<=5"] * 11)}, "Limits", "at most 10 limits"),
        ({"classes": "0"}, "Classes", "from 1 to 100,000"),
        ({"classes": "9" * 400}, "Classes", "from 1 to 100,000"),
        ({"classes": "²"}, "Classes", "from 1 to 100,000"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_its_field(
    browser: Client, query: dict[str, object], field: str, message: str
) -> None:
    shown = results(browser, "nasbench201", **query)
    assert re.search(rf"<strong>{field}</strong>: [^<]*{re.escape(message)}", shown)


def test_limits_may_be_written_as_people_write_them(browser: Client) -> None:
    shown = results(browser, "nasbench201", limits="params ≤ 0.6M and macs<=80 M, accuracy >= 0.9")
    (params,) = re.findall(r"Parameters ≤ 600 k: ([\d,]+) of 1,000 samples", shown)
    (both,) = re.findall(r"All limits together: ([\d,]+) of 1,000 samples", shown)
    assert 0 < int(both) <= int(params) < 1000
    assert "known only after training" in shown


def test_the_same_seed_shows_the_same_samples_and_another_does_not(browser: Client) -> None:
    first, again, other = (gallery_of(browser, seed=seed) for seed in (3, 3, 4))
    assert first == again != other


def test_samples_are_sorted_by_the_cost_that_is_chosen(browser: Client) -> None:
    shown = gallery_of(browser, order="macs")
    numbers = re.findall(r'<span title="([\d,]+)">[^<]*</span> MACs', shown)
    values = [int(number.replace(",", "")) for number in numbers]
    assert len(values) == 24
    assert values == sorted(values)
    unsorted = re.findall(r'<span title="([\d,]+)">[^<]*</span> MACs', gallery_of(browser))
    assert sorted(unsorted) == sorted(numbers)
    assert unsorted != numbers


def test_numbers_end_with_a_thousand_samples(browser: Client) -> None:
    answer = browser.get("/spaces/kinds/nasbench201/?part=numbers&num=1000", headers=HTMX)
    shown = answer.content.decode()
    assert 'data-num="1000"' in shown
    assert "hx-get" not in shown
    assert "Known architectures" not in shown


def test_a_slow_space_shows_what_it_has_and_asks_for_the_rest(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.spaces.selectors.kind_page.PATIENCE_SECONDS", 0.0)
    seen: list[int] = []
    asked = ["0"]
    while asked:
        shown = browser.get(f"/spaces/kinds/nasbench201/?part=numbers&num={asked[0]}", headers=HTMX).content.decode()
        seen += (int(text) for text in re.findall(r'data-num="(\d+)"', shown))
        asked = re.findall(r'"num": (\d+)', shown)
    assert seen == [250, 500, 750, 1000]


def test_raw_draws_that_the_rule_of_a_space_refuses_are_counted(browser: Client) -> None:
    (refused,) = re.findall(r"The rule of the space refuses ([\d,]+) of 1,000 raw draws", results(browser, "regnet"))
    assert 0 < int(refused) < 1000
    assert "raw draws" not in results(browser, "nasbench201")  # every draw is admitted


def test_the_gallery_comes_by_itself_so_that_numbers_need_not_wait(browser: Client) -> None:
    assert "sample=" not in results(browser, "nasbench201")
    gallery = browser.get("/spaces/kinds/nasbench201/?part=gallery&seed=3", headers=HTMX).content.decode()
    assert len(re.findall(r"seed=3&amp;sample=\d+", gallery)) == 24
    assert "histogram" not in gallery


def test_the_run_begins_with_these_settings(browser: Client) -> None:
    shown = results(browser, "nasbench201", **settings(width=8), at="digits")
    (address,) = re.findall(r'href="(/runs/new/\?[^"]*)"', shown)
    form = browser.get(address.replace("&amp;", "&")).content.decode()
    assert 'name="space.config.width" value="8"' in form
    assert re.search(r'value="nor_conv_1x1"(?! checked)>', form)
    assert re.search(r'<option value="digits" selected', form)


@pytest.mark.each_database
def test_the_space_is_saved_from_its_page(browser: Client, team: Team) -> None:
    shown = results(browser, "nasbench201", **settings(width=8))
    form = re.search(r'action="/spaces/save/">(.*?)</form>', shown, re.DOTALL)
    assert form is not None
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form[1]):
        fields.setdefault(name, []).append(value)
    browser.post("/spaces/save/", {**fields, "saved_name": "Three operations"})
    saved = SavedSpace.objects.get()
    kind = registry.spaces.get("nasbench201")
    config = {"width": 8, "operations": ["none", "skip_connect", "nor_conv_3x3"]}
    assert saved.fingerprint == space_fingerprint(kind(kind.Config.parse(config)))
    back = browser.get(f"/spaces/{saved.pk}/").content.decode()
    inside = re.search(r'href="(/spaces/kinds/nasbench201/\?[^"]*)"', back)
    assert inside is not None
    assert "<strong>729</strong>" in browser.get(inside[1].replace("&amp;", "&")).content.decode()


@pytest.mark.each_database
def test_data_sets_of_the_reader_are_inputs_and_those_of_others_are_not(
    as_user: AsUser, member: User, outsider: User, team: Team
) -> None:
    row = DataSet.objects.create(
        team=team,
        name="Blood cells",
        state=UploadState.READY,
        channels=2,
        height=24,
        width=40,
        num_classes=7,
    )
    shown = page(as_user(member), "/spaces/kinds/nasbench201/", at=row.pk)
    assert "2 × 24 × 40 · Blood cells" in shown
    assert "at 7 classes" in shown
    hidden = page(as_user(outsider), "/spaces/kinds/nasbench201/", at=row.pk)
    assert "Blood cells" not in hidden
    assert "at 10 classes" in hidden


def test_settings_of_a_toy_are_made_from_its_declaration(browser: Client) -> None:
    from tests.support.toy_registry import TOYS, registered

    with registered(*TOYS):
        shown = page(browser, "/spaces/kinds/bit_strings/")
        assert 'title="1,267,650,600,228,229,401,496,703,205,376">1.3 × 10³⁰' in shown  # exact: 2¹⁰⁰
        assert 'max="10000"' in shown
