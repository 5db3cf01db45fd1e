"""Lineage in a browser, on a real aging evolution: the tree as it grows, the walk from the first ancestor to a trial."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.runs.models import Proposal, Run
from apps.runs.selectors.ancestry import ancestry
from apps.runs.selectors.trials import trial_get
from apps.runs.services import run_create
from apps.runs.services.memory import warm
from apps.workers.models import Worker
from tests.apps.builders import make_run, make_trials
from tests.apps.runs.driver import advance, finish, toy_values, work
from tests.browser.conftest import LOADED_MACHINE_MS, NARROW, WIDE
from tests.support.conditions import wait_for

Open = Callable[..., Page]

NUM_TRIALS = 30
DRAWN = re.compile("[1-9]")
PLOT = "#lineage [data-chart-plot]"
NUM_EDGES = """element => (element._fullLayout.shapes ?? [])
  .map((shape) => (shape.path.match(/M/g) ?? []).length).reduce((sum, count) => sum + count, 0)"""
STRONG = "element => element.data.find((trace) => trace.name === 'Ancestors')?.x ?? []"


@pytest.fixture
def young(team: Team, member: User, toys: None) -> Run:
    """Aging evolution that has not begun."""
    warm.clear()
    values = toy_values(budget={"trials": NUM_TRIALS})
    return run_create(team=team, by=member, name="Bits", values=values, now=timezone.now())


@pytest.fixture
def evolved(young: Run, worker: Worker) -> Run:
    return finish(young, worker, jobs_between_advances=3)


def parents(run: Run) -> dict[int, list[int]]:
    bodies = Proposal.objects.filter(replica__run=run).values_list("number", "body")
    return {number: body["parents"] for number, body in bodies}


def line_of(run: Run, number: int) -> list[int]:
    return [step.trial.number for step in ancestry(trial_get(run=run, replica=0, number=number)).steps]


def test_the_tree_grows_while_somebody_looks(open_page: Open, young: Run, worker: Worker, publisher: None) -> None:
    advance(young)
    page = open_page(f"/runs/{young.pk}/")
    tab = page.get_by_role("tab", name="Lineage")
    expect(page.locator("[data-live-text]")).to_have_text("live")
    expect(tab).to_be_hidden()  # all of the first trials are random
    while not any(parents(young).values()):
        work(worker, jobs=1)
        advance(young)
    expect(tab).to_be_visible(timeout=LOADED_MACHINE_MS)
    tab.click()
    work(worker)
    advance(young)
    work(worker)
    advance(young)
    plot = page.locator(PLOT)
    expect(plot).to_have_attribute("data-drawn", DRAWN, timeout=LOADED_MACHINE_MS)
    ended = set(young.trials.exclude(value_0=None).values_list("number", flat=True))
    expected = sum(len(of) for number, of in parents(young).items() if number in ended)
    assert expected > 0
    wait_for(lambda: plot.evaluate(NUM_EDGES) == expected, what="an edge for each parent")


def test_a_chosen_trial_shows_its_ancestors(open_page: Open, evolved: Run) -> None:
    page = open_page(f"/runs/{evolved.pk}/#lineage")
    plot = page.locator(PLOT)
    expect(plot).to_have_attribute("data-drawn", DRAWN, timeout=LOADED_MACHINE_MS)
    best = evolved.trials.exclude(value_0=None).order_by("-value_0", "number").first()
    assert best is not None
    wait_for(lambda: plot.evaluate(STRONG) == line_of(evolved, best.number), what="the ancestors of the best")
    last = NUM_TRIALS - 1
    page.locator("#tab-trials").click()
    page.locator(f"#trial-list tr[data-trial='0.{last}'] a").click()
    page.locator("#tab-lineage").click()
    wait_for(lambda: plot.evaluate(STRONG) == line_of(evolved, last), what="the ancestors of the chosen one")
    page.locator("#lineage").get_by_role("button", name="Table").click()
    rows = page.locator("#lineage [data-chart-table] tbody tr")
    expect(rows).to_have_count(len(line_of(evolved, last)))
    expect(rows.last).to_contain_text("mutation")
    page.locator(".trial").get_by_role("link", name="From its first ancestor").click()
    expect(page.get_by_role("heading", name=f"Lineage of trial {last}")).to_be_visible()


def test_a_walk_by_keyboard_from_the_first_ancestor(open_page: Open, evolved: Run) -> None:
    number = max(range(NUM_TRIALS), key=lambda each: len(line_of(evolved, each)))
    line = line_of(evolved, number)
    assert len(line) > 3
    page = open_page(f"/runs/{evolved.pk}/trials/0/{number}/lineage/")
    steps = page.locator("[data-walk-step]")
    expect(steps).to_have_count(len(line))
    current = page.locator("[data-walk-step][aria-current=step]")
    expect(current).to_have_id(f"step-{line[0]}")
    expect(current).to_contain_text("drawn at random")
    expect(page.get_by_role("button", name="Previous step")).to_be_disabled()
    page.locator("[data-walk-steps]").focus()
    for each in line[1:]:
        page.keyboard.press("ArrowRight")
        expect(current).to_have_id(f"step-{each}")
        expect(current).to_be_focused()
        expect(current.locator(".step__drawing svg")).to_be_visible()  # fetched when it came into sight
        expect(current).to_contain_text("mutated: flip")
    expect(page.locator("[data-walk-place]")).to_have_text(f"{len(line) - 1} of {len(line) - 1}")
    page.keyboard.press("ArrowRight")
    expect(current).to_have_id(f"step-{line[-1]}")
    page.keyboard.press("Home")
    expect(current).to_have_id(f"step-{line[0]}")
    page.get_by_role("button", name="Next step").click()
    expect(current).to_have_id(f"step-{line[1]}")
    expect(page.locator("[data-controller=walk-chart] [data-drawn]")).to_be_attached(timeout=LOADED_MACHINE_MS)
    current.get_by_role("link", name="Compare with its parent").click()
    expect(page.get_by_role("heading", name="Two architectures side by side")).to_be_visible()


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (NARROW, True)])
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: Open, axe: Callable[[Page], list[str]], evolved: Run, size: dict[str, int], dark: bool
) -> None:
    number = NUM_TRIALS - 1
    for path in (f"/runs/{evolved.pk}/trials/0/{number}/lineage/", f"/runs/{evolved.pk}/trials/0/0/lineage/"):
        page = open_page(path, size=size, dark=dark)
        expect(page.locator(".step__drawing svg").first).to_be_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_ten_thousand_trials_and_their_tree_stay_usable(open_page: Open, team: Team, member: User) -> None:
    run = make_run(team, member, specification={"budget": {"trials": 12_000}})
    make_trials(run, 10_000, failed=range(30, 10_000, 50))
    page = open_page(f"/runs/{run.pk}/?trial=0.9999")
    expect(page.locator('[data-fact="trials"]')).to_have_text("10,000 / 12,000")
    front = page.locator("[data-chart=pareto_front]")
    expect(front.locator("[data-drawn]")).to_be_attached()
    expect(front.get_by_text("one per spot of the plane")).to_be_visible()
    assert 0 < front.locator(".points path").count() < 3000
    page.locator("#tab-lineage").click()
    plot = page.locator(PLOT)
    expect(plot).to_have_attribute("data-drawn", DRAWN, timeout=LOADED_MACHINE_MS)
    expect(page.locator("#lineage")).to_contain_text("one per spot of the plane", timeout=LOADED_MACHINE_MS)
    wait_for(lambda: len(plot.evaluate(STRONG)) > 1000, what="the whole line of ancestors")
    assert 1000 < plot.evaluate(NUM_EDGES) < 10_000
    assert page.locator(f"{PLOT} .shapelayer path").count() <= 3  # one path for each kind of descent
