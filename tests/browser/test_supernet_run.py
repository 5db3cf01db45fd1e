"""A search with shared weights in a browser: what it works on, its choices through time, a score that leads to its trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.runs.models import Attempt, Job, Proposal, Run, Trial
from apps.runs.states import JobState, RunState
from nas.core.proposal import Proposal as Wish
from nas.strategies.shared_scores import SharedScore
from nas.strategies.supernet_history import History
from nas.strategies.supernet_views import supernet_views
from tests.apps.builders import make_run, make_trials, make_worker
from tests.browser.conftest import NARROW
from tests.support.supernets import digits_setup

Open = Callable[..., Page]
NUM_EPOCHS = 3


@pytest.fixture
def supernet_run(team: Team, member: User) -> Run:
    """In its third epoch of ten: the first option of every row grew from 0.2 to 0.6."""
    run = make_run(team, member, name="Shared", state=RunState.RUNNING, specification={"strategy": {"name": "spos"}})
    make_trials(run, 4)
    replica = run.replicas.get()
    space: Any = digits_setup().space
    history = History()
    for epoch in range(1, NUM_EPOCHS + 1):
        first = 0.2 * epoch
        rows = [[first, *[round((1 - first) / 4, 5)] * 4] for _ in space.rows()]
        genotype = space.genotype_of([epoch] * len(rows))
        metrics = {"train_loss": 2.0 / epoch, "shared_accuracy": 0.1 * epoch}
        history.add({"epoch": epoch, "metrics": metrics, "data": {"probabilities": rows}, "genotype": genotype})
    scores = [SharedScore(number, 0, str(number), 0.1 * number, 1000.0 * number, number % 2) for number in range(4)]
    for view in supernet_views(history, space.rows(), space.path_of, scores=scores):
        columns = {"title": view.title, "kind": view.kind, "data": dict(view.data), "advance_number": 1}
        replica.views.create(name=view.name, **columns)
    job = Job.objects.create(
        run=run, replica=replica, kind="train_supernet", queue="any", state=JobState.RUNNING, fence=1
    )
    Attempt.objects.create(job=job, worker=make_worker(), fence=1, started_at=run.created_at)
    wish = Wish(id=4, kind="train_supernet", operator="leg", meta={"done": 2, "total": 10})
    progress = {"done": 2.4, "total": 10.0, "train_loss": 0.52, "seconds": 41.0}
    Proposal.objects.create(replica=replica, number=4, body=wish.as_json(), job=job, progress=progress)
    Trial.objects.filter(run=run, number=2).update(
        operator="score_shared", value_0=None, metrics={"shared_accuracy": 0.2}
    )
    finding = {"number": 0, "told_before": 2, "kind": "gap", "text": "Epoch 2: the gap is wide.", "stops": False}
    type(replica).objects.filter(pk=replica.pk).update(findings=[finding])
    return run


def test_the_run_looks_alive_while_only_its_supernet_trains(open_page: Open, supernet_run: Run) -> None:
    page = open_page(f"/runs/{supernet_run.pk}/")
    expect(page.locator("[data-work-text]")).to_have_text("Supernet: epoch 3 of 10, 41 s, loss 0.52, on cpu0")
    expect(page.locator("[data-findings] li")).to_have_text("Epoch 2: the gap is wide.")
    expect(page.locator('[data-fact="trials"]')).to_have_text("3 / 3")  # no more are trained, whatever the budget
    expect(page.locator('[data-fact="found"]')).to_have_text("1")
    scored = page.locator("#trial-list tr[data-trial='0.2']")
    expect(scored).to_contain_text("scored with shared weights")
    expect(scored).to_contain_text("0.2")


def test_the_slider_goes_back_in_time(open_page: Open, supernet_run: Run) -> None:
    page = open_page(f"/runs/{supernet_run.pk}/")
    page.get_by_role("tab", name="Inside the strategy").click()
    first = page.locator('[data-cell="0.0"] [data-share]')
    expect(first).to_have_text("60")
    drawing = page.locator("[data-time-drawing] svg")
    expect(drawing).to_be_visible()
    expect(drawing).to_contain_text("conv 3×3")  # the fourth option of each edge
    slider = page.get_by_role("slider", name="Epoch")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(first).to_have_text("20")
    expect(page.locator("[data-time-at]")).to_have_text("1")
    expect(page.locator('[data-cell="0.1"]')).to_have_attribute("data-chosen", "")
    expect(drawing).to_contain_text("skip")
    candidates = page.locator(".view", has=page.get_by_role("heading", name="Scored with shared weights"))
    candidates.locator("summary").click()
    candidates.get_by_role("link", name="2", exact=True).click()
    expect(page.locator(".trial h2")).to_contain_text("Trial 2")
    expect(page.locator(".trial")).to_contain_text("a path through the supernet")


@pytest.mark.parametrize("dark", [False, True])
def test_its_pictures_can_be_read_by_everybody(
    open_page: Open, supernet_run: Run, axe: Callable[[Page], list[str]], dark: bool
) -> None:
    page = open_page(f"/runs/{supernet_run.pk}/", size=NARROW, dark=dark)
    page.get_by_role("tab", name="Inside the strategy").click()
    expect(page.locator("[data-time-drawing] svg")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
