"""A search of three seeds beside random search: bands and the verdict come while it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import LOADED_MACHINE_MS

pytestmark = pytest.mark.timeout(900)  # with the start of the platform, on a loaded machine

NUM_TRIALS = 2
WHOLE_SEARCH_MS = 6 * LOADED_MACHINE_MS
NUM_REPLICAS = 6  # three seeds, and random search for each


def test_three_seeds_are_set_beside_random_search(visit: Callable[..., Page], signed_in: StorageState) -> None:
    page = visit("/runs/new/#step-estimator", who=signed_in)
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Trials", exact=True).fill(str(NUM_TRIALS))
    page.get_by_label("Seeds", exact=True).fill("3")
    expect(page.get_by_label("Random search beside it")).to_be_checked()
    expect(page.locator("[data-work]")).to_contain_text("12 trials: 2 × 3 seeds × 2", timeout=LOADED_MACHINE_MS)
    page.get_by_role("button", name="Start search").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    page.evaluate("window.isSamePage = true")

    # The card is there from the beginning, says that it is provisional, and fills itself.
    card = page.get_by_role("region", name="Search against random")
    expect(card.get_by_text("provisional")).to_be_visible(timeout=LOADED_MACHINE_MS)
    total = NUM_TRIALS * NUM_REPLICAS
    expect(page.locator('[data-fact="trials"]')).to_have_text(f"{total} / {total}", timeout=WHOLE_SEARCH_MS)
    expect(page.locator("[data-run-chip]")).to_have_text("Completed", timeout=LOADED_MACHINE_MS)
    best = card.locator("[data-measure=best]")
    expect(best.locator("[data-sentence]")).to_contain_text("Too few seeds", timeout=LOADED_MACHINE_MS)
    expect(best.locator("[data-sentence]")).to_contain_text("p would be 0.10")
    expect(best.locator("[data-arm=search] dd").first).to_have_text(re.compile(r"^0\.\d{4}$"))
    expect(card.get_by_text("provisional")).to_have_count(0, timeout=LOADED_MACHINE_MS)
    expect(card).to_contain_text("Compared after 2 trials of every seed")
    assert page.evaluate("window.isSamePage") is True

    # Bands: for each side and each of two panels two areas and a line.
    progress = page.locator("[data-chart=progress]")
    expect(progress.locator("[data-drawn='20']")).to_be_attached(timeout=LOADED_MACHINE_MS)
    expect(progress.locator(".legendtext").first).to_have_text(re.compile("3 seeds"))
    progress.get_by_role("button", name="Table").click()
    rows = [row.locator("td").all_inner_texts() for row in progress.locator("tbody tr").all()]
    ends = [row for row in rows if row[2] == str(NUM_TRIALS) and row[1].startswith("Best")]
    assert [(row[0], row[6]) for row in ends] == [("Search", "3"), ("Random search", "3")]
    shown = [best.locator(f"[data-arm={arm}] dd").first.inner_text() for arm in ("search", "random")]
    assert [float(row[4]) for row in ends] == [round(float(text), 4) for text in shown]
    progress.get_by_role("button", name="Cost").click()
    expect(progress.locator("thead")).to_contain_text("Cost")

    # Random trials can be hidden, and the table shown for one side.
    front = page.locator("[data-chart=pareto_front]")
    expect(front.locator(".legendtext", has_text="Random search")).to_be_visible()
    front.get_by_role("button", name="Random trials").click()
    expect(front.locator(".legendtext", has_text="Random search")).to_have_count(0)
    page.locator("[data-trial-filter]").get_by_label("Replica").select_option("baseline")
    expect(page.locator("#trial-list tbody tr")).to_have_count(NUM_TRIALS * 3)
    expect(page.locator("#trial-list tbody tr").first).to_contain_text("random")
