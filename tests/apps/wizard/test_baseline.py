"""Random search beside a run, in the form: there unless somebody takes it away, and its cost is said."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.runs.models import Run
from tests.apps.builders import make_run
from tests.apps.wizard.conftest import Form, sent_by

pytestmark = pytest.mark.any_database


def is_ticked(page: str) -> bool:
    (control,) = re.findall(r'<input type="checkbox"[^>]*name="baseline"[^>]*>', page)
    return "checked" in control


def work(browser: Client, form: Form) -> str:
    page = browser.post("/runs/new/preview/", form).content.decode()
    (text,) = re.findall(r"<dd data-work>(.*?)</dd>", page, re.DOTALL)
    return " ".join(text.split())


def test_it_is_ticked_unless_the_strategy_is_random(browser: Client, team: Team) -> None:
    assert is_ticked(browser.get("/runs/new/").content.decode())
    assert not is_ticked(browser.get("/runs/new/?preset=random").content.decode())


def test_who_takes_it_away_has_none(browser: Client, filled: Form) -> None:
    assert filled.pop("baseline") == "true"
    browser.post("/runs/new/", filled)
    run = Run.objects.get()
    assert (run.specification["baseline"], run.replicas.count()) == (False, 1)


@pytest.mark.each_database
def test_a_copy_has_what_its_original_had(browser: Client, team: Team, member: User) -> None:
    for baseline in (True, False):
        run = make_run(team, member, specification={"baseline": baseline})
        assert is_ticked(browser.get(f"/runs/new/?from={run.pk}").content.decode()) is baseline


@pytest.mark.parametrize(
    ("before", "chosen", "sent", "ticked"),
    [
        ("aging_evolution", "random", True, False),
        ("random", "aging_evolution", False, True),
        ("aging_evolution", "tournament", True, True),
        ("aging_evolution", "tournament", False, False),
        ("random", "random", True, True),
    ],
)
def test_it_follows_the_strategy_to_random_and_back(
    browser: Client, filled: Form, before: str, chosen: str, sent: bool, ticked: bool
) -> None:
    form: Form = {**filled, "strategy.shown": before, "strategy.name": chosen}
    del form["baseline"]
    part = browser.post("/runs/new/fields/strategy/", {**form, **({"baseline": "true"} if sent else {})})
    assert is_ticked(part.content.decode()) is ticked


def test_other_choices_leave_it_alone(browser: Client, filled: Form) -> None:
    assert 'name="baseline"' not in browser.post("/runs/new/fields/space/", filled).content.decode()


def test_the_preview_says_what_it_costs(browser: Client, filled: Form) -> None:
    assert work(browser, filled).startswith("120 trials: 2 × 60. Random search beside it doubles the work.")
    assert "a single run" in work(browser, filled)
    four = work(browser, {**filled, "num_replicas": "4"})
    assert four.startswith("480 trials: 2 × 4 seeds × 60.")
    assert "a single run" not in four
    alone: Form = {name: value for name, value in filled.items() if name != "baseline"}
    assert (
        work(browser, alone)
        == "60 trials. Without random search beside it nobody can say whether the strategy is worth it."
    )
    assert "chance with chance" in work(browser, {**filled, "strategy.name": "random"})
    timed = work(browser, {**filled, "budget.trials": "", "budget.wall_seconds": "60"})
    assert timed.startswith("Random search beside it")


def test_it_survives_the_form_and_its_yaml(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, "action": "write"}).content.decode()
    assert "baseline: true" in page
    assert sent_by(page, action="start")["baseline"] == "true"


def test_a_wrong_number_of_seeds_is_told_beside_the_budget(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, "num_replicas": "0"}).content.decode()
    budget = page.split('id="budget-seeds"')[1].split("</section>")[0]
    assert "must be at least 1" in budget


def test_a_search_that_ends_by_itself_is_not_counted_with_the_whole_budget(browser: Client) -> None:
    """Three architectures are trained in the end, whatever the budget; random search spends all of it."""
    page = browser.get("/runs/new/?preset=darts").content.decode()
    form = sent_by(page, action="start")
    said = work(browser, form)
    assert said.startswith("63 trials: 3 of the search + 60 of random search. With fewer than 3 seeds")
    assert work(browser, {**form, "num_replicas": "3"}).startswith("189 trials: 3 seeds × (3 of the search + 60")
    alone: Form = {name: value for name, value in form.items() if name != "baseline"}
    assert work(browser, alone).startswith("3 trials. Without random search")
    assert work(browser, {**alone, "budget.trials": "2"}).startswith("2 trials.")
