"""From the link on the terminal to the end of a search, with nothing but a keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LOADED_MACHINE_MS

pytestmark = pytest.mark.timeout(900)  # with the start of the platform, on a loaded machine

NUM_TRIALS = 16


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until the focus is on `wanted`, as somebody without a pointer does."""
    expect(wanted).to_be_visible(timeout=LOADED_MACHINE_MS)
    for _ in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {wanted}")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def number(text: str) -> float:
    """A number as charts write it: "0.9805", "144.1K"."""
    match = re.fullmatch(r"([\d.]+)([KM]?)", text)
    assert match is not None, text
    return float(match[1]) * {"": 1.0, "K": 1e3, "M": 1e6}[match[2]]


def fill_in_form(page: Page) -> None:
    press(page, page.get_by_role("link", name="Estimator and budget"))
    tab_to(page, page.get_by_label("Epochs", exact=True))
    page.keyboard.type("1")
    tab_to(page, page.get_by_label("Trials", exact=True))
    page.keyboard.type(str(NUM_TRIALS))
    tab_to(page, page.get_by_label("Random search beside it"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Name of the run"))
    page.keyboard.type("By keyboard")
    press(page, page.get_by_role("button", name="Start search"))


def test_a_search_from_the_link_to_the_end_by_keyboard(visit: Callable[..., Page], sign_in_link: str) -> None:
    page = visit(sign_in_link)
    press(page, page.get_by_role("main").get_by_role("button", name="Sign in"))
    page.wait_for_url(re.compile(r"://[^/]+/$"))
    press(page, page.get_by_role("link", name="New run").first)
    page.wait_for_url("**/runs/new/")
    fill_in_form(page)
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
    page.evaluate("window.isSamePage = true")

    # The first result comes by itself; whoever has the focus on the button by then stops the search long before its end.
    expect(page.locator("[data-live-text]")).to_have_text("live")
    tab_to(page, page.get_by_role("button", name="Pause"))
    expect(page.locator('[data-fact="trials"]')).to_have_text(re.compile(r"^[1-9]"), timeout=2 * LOADED_MACHINE_MS)
    page.keyboard.press("Enter")
    front = page.locator("[data-chart=pareto_front]")
    expect(front.locator(".scatterlayer .trace").first).to_be_attached(timeout=LOADED_MACHINE_MS)
    chip = page.locator("[data-run-chip]")
    expect(chip).to_have_text("Paused")
    expect(page.get_by_text("No new trials begin; what had begun is finished.")).to_be_visible()
    expect(page.locator('[data-fact="running"]')).to_have_text("0", timeout=LOADED_MACHINE_MS)

    # A trial is opened while the run rests.
    row = page.locator("#trial-list tr[data-trial='0.0'] a")
    press(page, row)
    expect(page.locator(".trial h2")).to_have_text("Trial 0")
    curve = page.locator(".trial [data-curve]")
    expect(curve.locator("[data-drawn='3']")).to_be_attached()  # accuracy, two losses
    curve.get_by_role("button", name="Table").press("Enter")
    expect(curve.locator("tbody tr")).to_have_count(1)  # one epoch

    press(page, page.get_by_role("button", name="Resume"))
    expect(page.locator('[data-fact="trials"]')).to_have_text(f"{NUM_TRIALS} / {NUM_TRIALS}", timeout=LOADED_MACHINE_MS)
    expect(chip).to_have_text("Completed", timeout=LOADED_MACHINE_MS)
    expect(page.locator("[data-live-text]")).to_have_text("ended")
    expect(page.get_by_text("Left", exact=True)).to_be_hidden()
    assert page.evaluate("window.isSamePage") is True

    front.get_by_role("button", name="Table").press("Enter")
    assert_numbers_are_those_of_the_run(page, front)
    page.get_by_role("tab", name="Reported").press("Enter")
    expect(page.locator("#reported tbody tr").first).to_contain_text(re.compile(r"\d\.\d{4}"))


def assert_numbers_are_those_of_the_run(page: Page, front: Locator) -> None:
    """The table of the chart against what the server says about the run."""
    stored: dict[str, Any] = page.request.get(page.url.partition("?")[0] + "snapshot.json").json()
    (replica,) = stored["replicas"]
    shown = [row.locator("td").all_inner_texts() for row in front.locator("tbody tr").all()]
    assert sorted(int(cells[0]) for cells in shown) == sorted(replica["front"])
    accuracy, macs = replica["trials"]["values"]
    for cells in shown:
        place = replica["trials"]["number"].index(int(cells[0]))
        assert number(cells[1]) == pytest.approx(accuracy[place], rel=1e-3)
        assert number(cells[2]) == pytest.approx(macs[place], rel=1e-3)
