"""The drawing of a real architecture in a browser: views, groups that open, zoom, keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.accounts.models import Team, User
from apps.runs.models import Run
from tests.apps.builders import make_run, make_trials
from tests.support.conditions import wait_for

Open = Callable[..., Page]

WIDTH = "area => area.querySelector('svg').getBoundingClientRect().width"
OWN_WIDTH = "area => area.querySelector('svg').viewBox.baseVal.width"


@pytest.fixture
def run(team: Team, member: User) -> Run:
    run = make_run(team, member)
    make_trials(run, 2)
    return run


@pytest.fixture
def page(open_page: Open, run: Run) -> Page:
    page = open_page(f"/architectures/{run.trials.get(number=0).architecture.key}/")
    expect(page.locator("[data-zoom-buttons]")).to_be_visible()  # the scripts are there
    return page


def boxes(page: Page) -> Locator:
    return page.locator("[data-zoom-area] svg [data-node]")


def layer_by_layer(page: Page) -> None:
    page.get_by_role("link", name="Layer by layer").click()
    expect(page).to_have_url(re.compile("view=network"))
    expect(page.get_by_role("link", name="Layer by layer")).to_have_attribute("aria-current", "true")


def test_the_network_is_drawn_layer_by_layer_without_a_new_page(page: Page) -> None:
    page.evaluate("window.isSame = true")
    before = page.locator("[data-zoom-area]").inner_text()
    layer_by_layer(page)
    expect(page.locator("[data-drawing-said]")).to_contain_text("boxes for")
    assert page.locator("[data-zoom-area]").inner_text() != before
    assert "view=network" in (page.locator("a[data-drawing-file]").get_attribute("href") or "")
    page.get_by_role("link", name="Overview").click()
    expect(page).to_have_url(re.compile("view=cell"))
    expect(page.locator("[data-zoom-area]")).to_have_text(before, use_inner_text=True)
    assert page.evaluate("window.isSame")


def test_a_group_opens_and_closes_by_keyboard_and_keeps_the_focus(page: Page) -> None:
    layer_by_layer(page)
    closed = page.locator("a.graph-toggle.is-closed").first
    group = closed.get_attribute("data-toggle")
    count = boxes(page).count()
    closed.focus()
    page.keyboard.press("Enter")
    toggle = page.locator(f'a[data-toggle="{group}"]')
    expect(toggle).to_have_class(re.compile("is-open"))
    expect(toggle).to_be_focused()
    assert boxes(page).count() > count
    expect(page.locator("[data-drawing-status]")).to_contain_text(f"{boxes(page).count()} boxes")
    expect(page).to_have_url(re.compile("open="))
    page.keyboard.press("Enter")
    expect(toggle).to_have_class(re.compile("is-closed"))
    expect(boxes(page)).to_have_count(count)


def test_an_address_leads_to_the_same_picture(page: Page) -> None:
    layer_by_layer(page)
    page.get_by_role("link", name="Close all").click()
    expect(page).to_have_url(re.compile("open="))
    expect(page.locator("a.graph-toggle.is-open")).to_have_count(0)
    count = boxes(page).count()
    page.reload()
    expect(boxes(page)).to_have_count(count)
    page.get_by_role("link", name="Usual groups").click()
    expect(page.locator("a.graph-toggle.is-open").first).to_be_visible()


def test_larger_smaller_and_fit_by_button_and_keyboard(page: Page) -> None:
    layer_by_layer(page)
    area = page.locator("[data-zoom-area]")
    page.get_by_role("button", name="Fit").click()
    fitted = area.evaluate(WIDTH)
    assert fitted <= area.evaluate("area => area.clientWidth") + 1
    page.get_by_role("button", name="Larger").click()
    larger = area.evaluate(WIDTH)
    assert larger == pytest.approx(1.25 * fitted, rel=0.01)
    area.focus()
    page.keyboard.press("+")
    wait_for(lambda: area.evaluate(WIDTH) == pytest.approx(1.25 * larger, rel=0.01), what="a larger picture")
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert area.evaluate(WIDTH) == pytest.approx(fitted, rel=0.01)
    for _ in range(30):
        page.keyboard.press("+")
    assert area.evaluate(WIDTH) == pytest.approx(6 * area.evaluate(OWN_WIDTH), rel=0.01)  # and no further
    page.keyboard.press("0")
    assert area.evaluate(WIDTH) == pytest.approx(fitted, rel=0.01)


def test_a_group_opened_while_zoomed_keeps_the_zoom(page: Page) -> None:
    layer_by_layer(page)
    area = page.locator("[data-zoom-area]")
    page.get_by_role("button", name="Fit").click()
    scale = area.evaluate(WIDTH) / area.evaluate(OWN_WIDTH)
    closed = page.locator("a.graph-toggle.is-closed").first
    group = closed.get_attribute("data-toggle")
    closed.click()
    expect(page.locator(f'a[data-toggle="{group}"]')).to_have_class(re.compile("is-open"))
    assert area.evaluate(WIDTH) / area.evaluate(OWN_WIDTH) == pytest.approx(scale, rel=0.01)


def test_the_picture_is_dragged_and_a_drag_is_no_click(page: Page) -> None:
    layer_by_layer(page)
    area = page.locator("[data-zoom-area]")
    for _ in range(4):
        page.get_by_role("button", name="Larger").click()
    area.evaluate("area => area.scrollTo(40, 40)")
    address = page.url
    box = area.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 120
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y - 25, steps=4)
    page.mouse.up()
    assert area.evaluate("area => [area.scrollLeft, area.scrollTop]") == [70, 65]
    assert page.url == address


def test_a_hand_made_architecture_is_looked_at_layer_by_layer(open_page: Open) -> None:
    page = open_page("/spaces/kinds/nasbench201/architecture/?genotype=resnet")
    page.get_by_role("link", name="Layer by layer").click()
    said = page.locator("[data-drawing-said]")
    expect(said).to_contain_text("boxes for")
    count = boxes(page).count()
    page.locator("a.graph-toggle.is-closed").first.click()
    expect(boxes(page)).not_to_have_count(count)
    page.locator("textarea[name=genotype]").fill("all_conv1x1")
    expect(page.locator("[data-cost=params]")).to_have_text("241,306")
    expect(page.get_by_role("link", name="Layer by layer")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="Usual groups")).to_be_visible()  # what was opened stays open
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-cost=params]")).to_have_text("241,306")
