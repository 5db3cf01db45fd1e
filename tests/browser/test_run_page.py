"""The run page in a browser: it follows the run, survives a lost connection, and can be used by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Membership, Role, Team, User
from apps.live.models import Event
from apps.runs.models import Run
from apps.runs.services import run_create
from apps.runs.services.memory import warm
from apps.runs.states import RunState
from apps.workers.models import Worker
from tests.apps.builders import make_run, make_trials
from tests.apps.runs.driver import advance, toy_values, work
from tests.browser.conftest import LOADED_MACHINE_MS, NARROW, WIDE, Site
from tests.support.conditions import wait_for

Open = Callable[..., Page]


@pytest.fixture
def toy_run(team: Team, member: User, toys: None) -> Run:
    warm.clear()
    return run_create(team=team, by=member, name="toy", values=toy_values(), now=timezone.now())


@pytest.fixture
def ended_run(team: Team, member: User) -> Run:
    run = make_run(team, member, name="Small cells", state=RunState.COMPLETED)
    make_trials(run, 30, failed=[4], curve_steps=3)
    return run


def test_points_appear_while_somebody_looks(open_page: Open, toy_run: Run, worker: Worker, publisher: None) -> None:
    page = open_page(f"/runs/{toy_run.pk}/")
    expect(page.locator("[data-live-text]")).to_have_text("live")
    expect(page.get_by_text("The first trial is training")).to_be_visible()
    advance(toy_run)
    work(worker, jobs=2)
    advance(toy_run)
    expect(page.locator('[data-fact="trials"]')).to_have_text("2 / 12")
    expect(page.locator("[data-chart=pareto_front] .scatterlayer .trace").first).to_be_attached(
        timeout=LOADED_MACHINE_MS
    )
    expect(page.locator("#trial-list tr[data-trial='0.0']")).to_contain_text("Completed")
    expect(page.locator(".trial h2")).to_contain_text("best so far")
    toy_run.refresh_from_db()
    shown = page.locator("[data-chart=pareto_front]")
    shown.get_by_role("button", name="Table").click()
    front = sorted(toy_run.trials.filter(on_front=True).values_list("number", flat=True))
    rows = shown.locator("tbody tr td:first-child")
    expect(rows).to_have_count(len(front))
    assert sorted(int(text) for text in rows.all_inner_texts()) == front


def test_a_verb_acts_without_leaving_the_page(open_page: Open, toy_run: Run, publisher: None) -> None:
    advance(toy_run)
    page = open_page(f"/runs/{toy_run.pk}/")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-run-chip]")).to_have_text("Paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it as it is").click()
    toy_run.refresh_from_db()
    assert toy_run.state == RunState.PAUSED
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-run-chip]")).to_have_text("Cancelled")
    expect(page.locator("[data-live-text]")).to_have_text("ended")


def test_two_people_press_pause_at_once(open_page: Open, toy_run: Run, team: Team, publisher: None) -> None:
    advance(toy_run)
    other = User.objects.create_user(username="other")
    Membership.objects.create(team=team, user=other, role=Role.MEMBER)
    pages = [open_page(f"/runs/{toy_run.pk}/"), open_page(f"/runs/{toy_run.pk}/", who=other)]
    for page in pages:
        expect(page.locator("[data-live-text]")).to_have_text("live")
    for page in pages:  # neither waits for the other's answer
        page.evaluate("document.querySelector('[data-verb=pause] button').click()")
    for page in pages:
        expect(page.locator("[data-run-chip]")).to_have_text("Paused")
        expect(page.locator("[data-toasts]")).to_contain_text("The run is paused.")
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
    paused = Event.objects.filter(run=toy_run, body__type="run_changed", body__state="paused")
    assert paused.count() == 1


def test_charts_out_of_sight_are_drawn_once_the_page_rests(open_page: Open, ended_run: Run) -> None:
    page = open_page(f"/runs/{ended_run.pk}/", size=NARROW)
    expect(page.locator("[data-chart] [data-chart-plot][data-drawn]")).to_have_count(3)
    assert page.evaluate("window.scrollY") == 0


def test_what_is_far_worse_is_left_out_until_asked_for(open_page: Open, ended_run: Run) -> None:
    ended_run.trials.filter(number=2).update(value_0=0.001)
    ended_run.trials.exclude(number__in=[2, 4]).update(value_0=0.99)
    ended_run.trials.filter(number__gt=20).update(value_0=0.97)
    page = open_page(f"/runs/{ended_run.pk}/")
    front = page.locator("[data-chart=pareto_front]")
    lowest = "element => element._fullLayout.yaxis.range[0]"
    plot = front.locator("[data-chart-plot][data-drawn]")
    expect(front).to_contain_text("1 trial is far worse and lies outside the picture.")
    assert plot.evaluate(lowest) > 0.9
    button = front.get_by_role("button", name="Show all")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(front).not_to_contain_text("lies outside")
    wait_for(lambda: plot.evaluate(lowest) < 0.1, what="the whole range")
    distribution = page.locator("[data-chart=error_distribution]")
    expect(distribution).to_contain_text("1 trial is far worse")  # each chart on its own


def test_nothing_is_missing_after_the_server_was_away(
    open_page: Open, site: Site, toy_run: Run, worker: Worker, publisher: None
) -> None:
    page = open_page(f"/runs/{toy_run.pk}/", expect_errors=True)
    expect(page.locator("[data-live-text]")).to_have_text("live")
    site.stop()
    expect(page.locator("[data-live-text]")).to_have_text("reconnecting")
    advance(toy_run)
    work(worker, jobs=3)
    advance(toy_run)
    site.start()
    expect(page.locator("[data-live-text]")).to_have_text("live")
    expect(page.locator('[data-fact="trials"]')).to_have_text("3 / 12")


def test_a_trial_is_chosen_by_click_address_and_keyboard(open_page: Open, ended_run: Run) -> None:
    page = open_page(f"/runs/{ended_run.pk}/?trial=0.7")
    expect(page.locator(".trial h2")).to_have_text("Trial 7")
    page.locator("#trial-list tr[data-trial='0.29'] a").click()
    expect(page.locator(".trial h2")).to_have_text("Trial 29")
    expect(page).to_have_url(re.compile("trial=0.29"))
    plot = page.locator("[data-chart=pareto_front] [data-chart-plot]")
    expect(plot).to_have_attribute("data-drawn", re.compile("[1-9]"))
    plot.focus()
    page.keyboard.press("ArrowRight")
    first = ended_run.trials.filter(on_front=True).order_by("value_1").first()
    assert first is not None
    expect(page.locator(".trial h2")).to_have_text(f"Trial {first.number}")
    expect(page.locator("[data-announcer]")).to_contain_text(f"Trial {first.number}")


def test_the_table_sorts_filters_and_finds(open_page: Open, ended_run: Run) -> None:
    page = open_page(f"/runs/{ended_run.pk}/")
    rows = page.locator("#trial-list tbody tr")
    expect(rows).to_have_count(25)
    page.locator("#trial-list").get_by_role("link", name="Accuracy").click()
    best = ended_run.trials.order_by("-value_0").exclude(value_0=None).first()
    assert best is not None
    expect(rows.first).to_have_attribute("data-trial", f"0.{best.number}")
    page.locator("[data-trial-filter]").get_by_label("State").select_option("crashed")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Crashed")


def test_the_log_tells_what_happened(open_page: Open, toy_run: Run, worker: Worker, publisher: None) -> None:
    advance(toy_run)
    work(worker, jobs=1)
    page = open_page(f"/runs/{toy_run.pk}/")
    page.get_by_role("tab", name="Events").click()
    expect(page.locator("[data-log]")).to_contain_text("Trial 0 ended: Completed.")
    advance(toy_run)
    expect(page.locator("[data-log]")).to_contain_text("New on the front: trial 0.")


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (NARROW, True)])
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: Open, axe: Callable[[Page], list[str]], ended_run: Run, worker: Worker, size: dict[str, int], dark: bool
) -> None:
    for path in ("/", f"/runs/{ended_run.pk}/", "/workers/", f"/runs/{ended_run.pk}/delete/"):
        page = open_page(path, size=size, dark=dark)
        if path == f"/runs/{ended_run.pk}/":
            expect(page.locator("#trial-list tbody tr").first).to_be_visible()
            expect(page.locator(".trial h2")).to_be_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_home_page_follows_a_run(open_page: Open, toy_run: Run, worker: Worker, publisher: None) -> None:
    page = open_page("/")
    row = page.locator(f"[data-run='{toy_run.pk}']")
    expect(row).to_contain_text("0 / 12")
    advance(toy_run)
    work(worker, jobs=2)
    advance(toy_run)
    expect(row).to_contain_text("2 / 12")
    expect(row).to_contain_text("Running")


def test_the_theme_is_kept_without_a_flash(open_page: Open, ended_run: Run) -> None:
    page = open_page("/")
    page.get_by_title("Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
