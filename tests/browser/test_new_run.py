"""The new-run form in a browser: what is wrong is shown where it can be put right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from apps.runs.models import Run
from apps.workers.models import Worker
from tests.browser.conftest import NARROW, WIDE

Open = Callable[..., Page]
REFUSED = "status of 422"
"""How the console reports the answer to a form with errors; nothing else may be reported."""


def start(page: Page) -> None:
    page.get_by_role("button", name="Start search").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was started")


def error_at(page: Page, name: str) -> str:
    """The text of the error that describes the field `name` of the form."""
    field = page.locator(f"[name='{name}']")
    expect(field).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    described_by = field.get_attribute("aria-describedby")
    return page.locator(f"#{described_by} .field__error").inner_text()


def test_impossible_training_is_refused_at_its_fields_in_the_open_step(open_page: Open, worker: Worker) -> None:
    page = open_page("/runs/new/", expected_error=REFUSED)
    page.get_by_role("link", name="Estimator and budget").click()
    page.get_by_label("Epochs", exact=True).fill(str(10**9))
    page.get_by_label("Learning rate", exact=True).fill("-1")
    start(page)
    expect(page.locator("[data-steps] [aria-current=step]")).to_contain_text("Estimator and budget")
    assert "at most 10000" in error_at(page, "estimator.config.epochs").replace(",", "")
    assert "more than 0" in error_at(page, "estimator.config.learning_rate")
    assert page.locator("[name='estimator.config.epochs']").input_value() == str(10**9)
    assert not Run.objects.exists()
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Learning rate", exact=True).fill("")
    page.get_by_role("button", name="Start search").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    assert Run.objects.get().specification["estimator"]["config"]["epochs"] == 1


def test_a_constraint_that_nothing_meets_opens_the_last_step(open_page: Open, worker: Worker) -> None:
    page = open_page("/runs/new/#step-objectives", expected_error=REFUSED)
    page.locator("[name='constraints.0.metric']").select_option("params")
    page.locator("[name='constraints.0.operator']").select_option(index=1)
    page.locator("[name='constraints.0.limit']").fill("1")
    expect(page.locator("#preview")).to_contain_text("keep all limits")
    start(page)
    expect(page.locator("[data-steps] [aria-current=step]")).to_contain_text("Objectives and workers")
    expect(page.locator("#step-objectives .field__error")).to_be_visible()
    assert not Run.objects.exists()


def test_the_form_offers_no_operation_that_the_space_lacks(open_page: Open) -> None:
    page = open_page("/runs/new/#step-space")
    offered = page.locator("[name='space.config.operations']")
    assert {box.get_attribute("value") for box in offered.all()} == {
        "none",
        "skip_connect",
        "nor_conv_1x1",
        "nor_conv_3x3",
        "avg_pool_3x3",
    }


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_each_step_is_reached_by_its_number(open_page: Open, worker: Worker, size: ViewportSize) -> None:
    page = open_page("/runs/new/", size=size)
    steps = page.locator("[data-steps]")
    for name in ("Estimator and budget", "Search space", "Objectives and workers", "Problem"):
        step = steps.get_by_role("listitem").filter(has_text=name)
        box = step.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 12, box["y"] + box["height"] / 2)
        expect(steps.locator("[aria-current=step]")).to_have_text(name)
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_on_a_small_screen_the_steps_can_be_reached_with_the_keyboard(open_page: Open, worker: Worker) -> None:
    page = open_page("/runs/new/", size=NARROW)
    link = page.get_by_role("link", name="Strategy", exact=True)
    link.focus()
    box = link.bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 24  # the outline is seen
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Strategy", exact=True)).to_be_visible()


def choose(page: Page, place: str, name: str) -> None:
    """Choose a strategy or space, and wait for its settings."""
    page.locator(f"input[name='{place}.name'][value='{name}']").check()
    expect(page.locator(f"[name='{place}.shown']")).to_have_value(name)


def start_run(page: Page) -> dict[str, Any]:
    """Start the search. What the run was asked for."""
    page.get_by_role("button", name="Start search").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    asked: dict[str, Any] = Run.objects.get().specification
    return asked


def test_axes_of_a_grid_are_chosen_from_the_parameters_of_the_space_as_it_is_now(
    open_page: Open, worker: Worker
) -> None:
    page = open_page("/runs/new/#step-strategy", expected_error=REFUSED)
    choose(page, "strategy", "grid")
    page.get_by_text("Add one").click()
    first, second = (page.locator(f"[name='strategy.config.axes.{number}.parameter']") for number in range(2))
    first.select_option("0 → 1")
    expect(first.locator("option:checked")).to_contain_text("Edge 0 → 1: none, skip_connect")
    page.locator("[name='strategy.config.axes.0.values']").fill("skip_connect, nor_conv_3x3")
    page.get_by_role("link", name="Search space").click()
    choose(page, "space", "efficientnet")
    page.locator("[data-steps] a[href='#step-strategy']").click()
    expect(first.locator("option:checked")).to_have_text("0 → 1 (not available)")
    expect(first.locator("option[value='resolution']")).to_have_count(1)
    start(page)
    expect(page.locator("[data-steps] [aria-current=step]")).to_contain_text("Strategy")
    assert "width, depth, resolution" in error_at(page, "strategy.config.axes.0.parameter"), "the names there are"
    page.get_by_role("link", name="Search space").click()
    choose(page, "space", "nasbench201")
    page.locator("[data-steps] a[href='#step-strategy']").click()
    expect(first.locator("option:checked")).to_contain_text("Edge 0 → 1")
    page.get_by_text("Add one").click()
    second.select_option("1 → 3")
    axes = start_run(page)["strategy"]["config"]["axes"]
    assert [axis["parameter"] for axis in axes] == ["0 → 1", "1 → 3"]
    assert axes[0]["values"] == ["skip_connect", "nor_conv_3x3"]


def test_hyper_parameters_are_searched_from_the_form_which_explains_the_method(open_page: Open, worker: Worker) -> None:
    page = open_page("/runs/new/#step-space")
    choose(page, "space", "hyperparameters")
    page.get_by_role("link", name="Strategy", exact=True).click()
    choose(page, "strategy", "hpo")
    page.locator("[name='strategy.config.sampler']").select_option("random")
    explained = page.get_by_role("link", name="More about Hyper-parameter search")
    with page.context.expect_page() as opened:
        explained.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Hyper-parameter search")
    opened.value.close()
    asked = start_run(page)
    assert asked["space"]["name"] == "hyperparameters"
    assert asked["strategy"]["name"] == "hpo"
    assert asked["strategy"]["config"]["sampler"] == "random"
