"""Comparing runs in a browser: chosen in the list, looked at side by side, followed while they go on, taken away again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.services import run_create
from apps.runs.services.memory import warm
from apps.runs.states import RunState
from apps.workers.models import Worker
from tests.apps.builders import make_run, make_trials
from tests.apps.runs.driver import advance, toy_values, work
from tests.browser.conftest import LOADED_MACHINE_MS, NARROW, WIDE
from tests.support.conditions import wait_for

Open = Callable[..., Page]


@pytest.fixture
def two_runs(team: Team, member: User) -> tuple[Run, Run]:
    """Of one kind but for the training recipe and the number of seeds."""
    recipe = {"estimator": {"name": "train", "config": {"epochs": 9}}, "seed": 3}
    first = make_run(team, member, name="Evolution", state=RunState.COMPLETED, num_replicas=3)
    second = make_run(team, member, name="Longer", state=RunState.COMPLETED, specification=recipe)
    for replica in range(3):
        make_trials(first, 20, replica=replica)
    make_trials(second, 20, failed=[4])
    return first, second


def drawn(page: Page, chart: str) -> None:
    expect(page.locator(f"[data-chart={chart}] [data-chart-plot][data-drawn]")).to_be_attached(
        timeout=LOADED_MACHINE_MS
    )


def test_runs_are_chosen_in_the_list_and_seen_side_by_side(open_page: Open, two_runs: tuple[Run, Run]) -> None:
    first, second = two_runs
    page = open_page("/")
    button = page.get_by_role("button", name="Compare", exact=True)
    expect(button).to_be_hidden()
    page.get_by_role("checkbox", name="Compare Evolution").check()
    expect(page.get_by_text("choose at least one more")).to_be_visible()
    expect(button).to_be_hidden()
    page.get_by_role("searchbox").fill("Longer")  # what was chosen stays chosen behind a filter
    expect(page.locator(f"[data-run='{first.pk}']")).to_have_count(0)
    page.get_by_role("checkbox", name="Compare Longer").check()
    button.click()
    page.wait_for_url(f"**/compare/?run={first.pk}&run={second.pk}")
    expect(page.locator("[data-live-text]")).to_have_text("ended")

    drawn(page, "compared_fronts")
    fronts = page.locator("[data-chart=compared_fronts]")
    traces = fronts.locator("[data-chart-plot]").evaluate(
        "plot => plot.data.map(({name, marker, x}) => [name, marker.symbol, x.length])"
    )
    assert [name for name, _symbol, _count in traces] == ["Evolution", "Longer"]
    assert len({symbol for _name, symbol, _count in traces}) == 2
    fronts.get_by_role("button", name="Table").click()
    shown = fronts.locator("tbody tr")
    expect(shown).to_have_count(sum(count for _name, _symbol, count in traces))
    of_second = [row.locator("td").all_inner_texts()[1] for row in shown.all() if "Longer" in row.inner_text()]
    assert sorted(map(int, of_second)) == sorted(second.trials.filter(on_front=True).values_list("number", flat=True))

    page.get_by_label("All trials, faint").check()
    wait_for(
        lambda: fronts.locator("[data-chart-plot]").evaluate("plot => plot.data.length") == 4, what="the faint trials"
    )
    expect(page.locator("[data-notice=recipe]")).to_contain_text("Epochs")
    expect(page.locator("[data-notice=recipe]")).to_contain_text("9 (Longer)")
    expect(page.locator("[data-notice=single_run]")).to_contain_text("Single-run")


def test_curves_are_looked_at_over_trials_or_cost(open_page: Open, two_runs: tuple[Run, Run]) -> None:
    first, second = two_runs
    page = open_page(f"/compare/?run={first.pk}&run={second.pk}")
    drawn(page, "compared_best")
    best = page.locator("[data-chart=compared_best]")
    names = "plot => plot.data.filter((trace) => trace.showlegend).map((trace) => trace.name)"
    assert best.locator("[data-chart-plot]").evaluate(names) == [
        "Evolution (median of 3 seeds)",
        "Longer (single seed)",
    ]
    button = page.get_by_role("button", name="Over cost").first
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    title = "plot => plot._fullLayout.xaxis.title.text"
    wait_for(lambda: "device time" in best.locator("[data-chart-plot]").evaluate(title), what="the other axis")


def test_a_run_is_taken_away_and_another_added(open_page: Open, two_runs: tuple[Run, Run]) -> None:
    first, second = two_runs
    page = open_page(f"/compare/?run={first.pk}&run={second.pk}")
    page.get_by_role("link", name="Remove Longer").click()
    page.wait_for_url(f"**/compare/?run={first.pk}")
    expect(page.get_by_text("With which run?")).to_be_visible()
    page.get_by_role("searchbox").fill("long")
    page.get_by_role("main").get_by_role("link", name=re.compile("Longer")).click()
    page.wait_for_url(f"**/compare/?run={first.pk}&run={second.pk}")
    rows = page.locator("[data-settings] tbody tr[data-path]")
    expect(page.locator("tr[data-path='estimator.config.epochs']")).to_be_visible()
    expect(page.locator("tr[data-path='space.config.width']")).to_be_hidden()
    page.get_by_label("Also what is the same").check()
    expect(page.locator("tr[data-path='space.config.width']")).to_be_visible()
    assert rows.count() > 20


def test_a_comparison_follows_its_runs(
    open_page: Open, team: Team, member: User, worker: Worker, toys: None, publisher: None
) -> None:
    warm.clear()
    runs = [
        run_create(team=team, by=member, name=name, values=toy_values(seed=seed), now=timezone.now())
        for seed, name in enumerate(("Alpha", "Beta"))
    ]
    page = open_page(f"/compare/?run={runs[0].pk}&run={runs[1].pk}")
    expect(page.locator("[data-live-text]")).to_have_text("live")
    expect(page.get_by_text("The fronts begin with the first results.")).to_be_visible()
    for run in runs:
        advance(run)
    work(worker, jobs=6)
    for run in runs:
        advance(run)
    drawn(page, "compared_fronts")
    expect(page.locator("[data-row=trials] td").first).not_to_have_text("0", timeout=LOADED_MACHINE_MS)
    expect(page.locator(f"[data-run='{runs[0].pk}'] [data-run-chip]")).to_have_text("Running")
    fronts = page.locator("[data-chart=compared_fronts] [data-chart-plot]")
    wait_for(lambda: fronts.evaluate("plot => (plot.data ?? []).length") == 2, what="both fronts")


def test_a_copy_of_a_run_marks_what_it_changes(open_page: Open, two_runs: tuple[Run, Run]) -> None:
    page = open_page(f"/runs/new/?from={two_runs[0].pk}#step-estimator")
    trials = page.get_by_label("Trials", exact=True)
    trials.fill("99")
    expect(page.get_by_text("was 60")).to_be_visible()
    expect(page.locator("[data-clone-changes]")).to_contain_text("Trials: 60 → 99", timeout=LOADED_MACHINE_MS)
    page.get_by_role("button", name="Back to it").click()
    expect(trials).to_have_value("60")
    expect(page.get_by_text("was 60")).to_have_count(0)


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (NARROW, True)])
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: Open, axe: Callable[[Page], list[str]], two_runs: tuple[Run, Run], size: dict[str, int], dark: bool
) -> None:
    first, second = two_runs
    for path in (f"/compare/?run={first.pk}&run={second.pk}", f"/compare/?run={first.pk}", "/"):
        page = open_page(path, size=size, dark=dark)
        if "&" in path:
            drawn(page, "compared_fronts")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
