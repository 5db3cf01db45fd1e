"""The pages of lineage: the tab of the run, the walk of a trial, the picture of a step, the API."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.runs.models import Proposal, Run, Trial
from tests.apps.builders import make_run, make_trials

pytestmark = pytest.mark.django_db

AsUser = Callable[[User | None], Client]


@pytest.fixture
def family(team: Team, member: User) -> Run:
    """Thirty trials; from number 20 on each is a child of the one seven before. Number 28 crashed."""
    run = make_run(team, member, name="Family")
    make_trials(run, 30, failed=[28])
    return run


@pytest.fixture
def browser(as_user: AsUser, viewer: User) -> Client:
    return as_user(viewer)


def rewrite(run: Run, number: int, operator: str, **parts: object) -> None:
    proposal = Proposal.objects.get(replica__run=run, number=number)
    proposal.body = {**proposal.body, "operator": operator, **parts}
    proposal.save()
    Trial.objects.filter(proposal=proposal).update(operator=operator)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def shown(browser: Client, run: Run, number: int, last: str = "lineage") -> str:
    answer = browser.get(f"/runs/{run.pk}/trials/0/{number}/{last}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_tab_is_there_where_trials_have_parents(browser: Client, family: Run, team: Team, member: User) -> None:
    random = make_run(team, member, name="Random")
    make_trials(random, 12)
    tab = '<button type="button" role="tab" id="tab-lineage" aria-controls="lineage" aria-selected="false"'
    assert f"{tab}>" in browser.get(f"/runs/{family.pk}/").content.decode()
    assert f"{tab} hidden>" in browser.get(f"/runs/{random.pk}/").content.decode()


def test_the_panel_leads_to_the_walk(browser: Client, family: Run, team: Team, member: User) -> None:
    walk = f"/runs/{family.pk}/trials/0/27/lineage/"
    panel = browser.get(f"/runs/{family.pk}/trials/0/27/").content.decode()
    assert f'href="{walk}">From its first ancestor' in panel
    assert "Its descendants" in browser.get(f"/runs/{family.pk}/trials/0/3/").content.decode()
    random = make_run(team, member, name="Random")
    make_trials(random, 3)
    assert "/lineage/" not in browser.get(f"/runs/{random.pk}/trials/0/0/").content.decode()


def test_the_walk_names_each_step(browser: Client, family: Run) -> None:
    page = shown(browser, family, 27)
    assert re.findall(r'data-trial="0\.(\d+)"', page) == ["13", "20", "27"]
    words = text_of(page)
    assert "2 steps from trial 13, drawn at random" in words
    assert "mutated: operation · from trial 13" in words
    assert re.search(r"edge \d: .+? → ", words)
    parent, child = (family.trials.get(number=number) for number in (20, 27))
    assert child.value_0 is not None
    assert parent.value_0 is not None
    difference = child.value_0 - parent.value_0
    assert f"{child.value_0:.4f}" in words
    assert f"{'+' if difference > 0 else '−'}{abs(difference):.4f}" in words
    assert f"/architectures/diff/?a={parent.architecture.key}&amp;b={child.architecture.key}" in page


def test_a_trial_without_parents_says_so_and_names_its_best_descendant(browser: Client, family: Run) -> None:
    words = text_of(shown(browser, family, 13))
    assert "Trial 13 has no parents: it was drawn at random." in words
    assert "Children 1" in words
    best = family.trials.filter(number__in=[20, 27]).order_by("-value_0")[0]
    assert f"Descendants 2; the best of them: trial {best.number}" in words


def test_a_failed_step_is_told(browser: Client, family: Run) -> None:
    page = shown(browser, family, 28)
    assert "step--failed" in page
    assert "Crashed" in text_of(page)


def test_a_step_marks_what_it_changed(browser: Client, family: Run) -> None:
    drawn = shown(browser, family, 27, "step")
    assert "is-compared" in drawn
    assert "graph-badge" in drawn
    root = shown(browser, family, 13, "step")
    assert "<svg" in root
    assert "is-compared" not in root


def test_a_training_that_goes_on_has_no_picture_of_its_own(browser: Client, family: Run) -> None:
    rewrite(family, 27, "promote", genotype=Proposal.objects.get(replica__run=family, number=20).body["genotype"])
    page = shown(browser, family, 27)
    assert "The same architecture." in page
    assert f"/runs/{family.pk}/trials/0/27/step/" not in page
    assert f"/runs/{family.pk}/trials/0/20/step/" in page
    assert "graph-badge" not in shown(browser, family, 27, "step")


def test_second_parents_join_from_the_side(browser: Client, family: Run) -> None:
    rewrite(family, 27, "crossover+mutate:operation", parents=[20, 4])
    assert "crossed, mutated: operation" in text_of(shown(browser, family, 27))
    drawn = shown(browser, family, 27, "step")
    assert "crossed with trial 4" in drawn
    assert "is-compact" in drawn  # its thumbnail


def test_columns_go_on_behind_the_cursor(browser: Client, family: Run) -> None:
    whole = browser.get(f"/runs/{family.pk}/lineage.json").json()
    assert whole["parents"][27] == [20]
    assert whole["changed"][27]
    rest = browser.get(f"/runs/{family.pk}/lineage.json?replica=0&after=26").json()
    assert rest["number"] == [27, 28, 29]
    assert rest["parents"] == whole["parents"][27:]
    assert browser.get(f"/runs/{family.pk}/lineage.json?replica=5").status_code == 404
    assert browser.get(f"/runs/{family.pk}/lineage.json?after=oops").json() == whole


def test_the_api_says_the_same(with_token: Callable[[User], Client], viewer: User, family: Run) -> None:
    api = with_token(viewer)
    walk = api.get(f"/api/v1/runs/{family.pk}/trials/0/27/lineage/").json()
    assert [step["number"] for step in walk["steps"]] == [13, 20, 27]
    assert walk["steps"][0]["changes"] == []
    assert {change["kind"] for change in walk["steps"][1]["changes"]} == {"changed"}
    assert walk["steps"][2]["parents"] == [20]
    assert walk["best_descendant"] is None
    assert walk["num_descendants"] == 0
    assert api.get(f"/api/v1/runs/{family.pk}/trials/0/13/lineage/").json()["best_descendant"] in (20, 27)
    columns = api.get(f"/api/v1/runs/{family.pk}/lineage/?after=25").json()
    assert columns["number"] == [26, 27, 28, 29]
    assert columns["next_after"] is None
    assert api.get(f"/api/v1/runs/{family.pk}/lineage/?after=x").status_code == 400
