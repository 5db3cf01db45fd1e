"""A study from the run page to what it found, followed while a worker is at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.studies.models import Study
from apps.studies.services.work import study_claim, study_finish, study_progress
from apps.workers.models import Worker
from nas.core.study import StudyProgress
from tests.apps.builders import make_run, make_trials
from tests.browser.conftest import NARROW

Open = Callable[..., Page]


@pytest.fixture
def run(team: Team, member: User, toys: None) -> Run:
    run = make_run(team, member)
    make_trials(run, 8)
    return run


def test_a_study_is_started_followed_and_looked_at(
    open_page: Open, axe: Callable[[Page], list[str]], run: Run, worker: Worker
) -> None:
    page = open_page(f"/runs/{run.pk}/")
    page.get_by_role("tab", name="Studies").click()
    offer = page.get_by_role("article", name="Cost by size of input")
    expect(offer.get_by_text("with the best architecture so far")).to_be_visible()
    expect(page.get_by_role("article", name="Size of the weights").get_by_text("Not possible here")).to_be_visible()
    offer.get_by_text("Settings").click()
    offer.get_by_label("Sizes").fill("3")
    assert axe(page) == []
    offer.get_by_role("button", name="Start").click()
    expect(page.get_by_text("It begins when a worker is free")).to_be_visible()

    study = Study.objects.select_related("trial__architecture").get()
    assert study.config["num_sizes"] == 3
    lease = study_claim(study_id=study.pk, worker=worker, now=timezone.now())
    assert lease is not None
    genotype = study.trial.architecture.genotype
    found = {"genotype": genotype, "sizes": [8, 16], "macs": [1000, 4000]}
    study_progress(lease=lease, progress=StudyProgress(2, 3, "24 px", found), version=1, now=timezone.now())
    expect(page.get_by_text("24 px")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "67")
    table = page.get_by_role("region", name="Cost at each size: table")
    expect(table.get_by_role("row")).to_have_count(3)
    assert axe(page) == []

    known = {"genotype": genotype, "sizes": [8, 16, 24], "macs": [1000, 4000, 9000]}
    study_finish(lease=lease, known=known, version=1, now=timezone.now())
    expect(page.get_by_role("heading", name="What was found", exact=True)).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(4)
    slider = page.get_by_label("Size 24")
    expect(slider).to_be_visible()
    expect(page.locator(".growth svg")).to_be_visible()
    slider.fill("0")
    expect(page.locator("[data-growth-fact]")).to_have_text("1K")
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    assert download.value.suggested_filename == f"study-{study.pk}.json"


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_narrow_page_holds_it(
    open_page: Open, axe: Callable[[Page], list[str]], run: Run, member: User, is_dark: bool
) -> None:
    trial = run.trials.get(number=3)
    known = {"genotype": trial.architecture.genotype, "sizes": [8, 16], "macs": [1000, 4000]}
    study = Study.objects.create(
        run=run,
        trial=trial,
        kind="cost_by_size",
        version=1,
        config={"num_sizes": 2},
        known=known,
        state="failed",
        reason="the worker had no memory left",
        requested_by=member,
        asked_at=timezone.now(),
    )
    page = open_page(f"/studies/{study.pk}/", size=NARROW, dark=is_dark)
    expect(page.get_by_text("the worker had no memory left")).to_be_visible()
    expect(page.get_by_role("button", name="Go on where it stopped")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe(page) == []
    page.goto(f"/studies/runs/{run.pk}/new/cost_by_size/?trial=0.3")
    expect(page.get_by_role("heading", name="Made of this trial already")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert axe(page) == []
