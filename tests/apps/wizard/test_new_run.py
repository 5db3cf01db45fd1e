"""The new-run form: it starts what it shows, and says at the field what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import Team, User
from apps.datasets.models import DataSet, UploadState
from apps.runs.models import Run
from apps.runs.services.demo import DEMO
from apps.runs.specification import RunSpecification
from apps.spaces.services.saved_space import saved_space_create
from nas import registry
from tests.apps.wizard.conftest import Form, sent_by

pytestmark = pytest.mark.any_database


def errors_at(page: str, name: str) -> list[str]:
    """The errors shown in the field whose control has that name."""
    identity = f"id_{name.replace('.', '-')}"
    control = re.search(rf'id="{re.escape(identity)}"[^>]*aria-invalid="true"', page)
    if control is None:
        return []
    (help_text,) = re.findall(rf'<div id="{re.escape(identity)}-help">(.*?)</div>', page, re.DOTALL)[:1]
    return re.findall(r'class="field__error">(.*?)</p>', help_text)


@pytest.mark.each_database
def test_the_form_as_it_comes_starts_the_demo_search_beside_random_search(
    browser: Client, filled: Form, team: Team
) -> None:
    answer = browser.post("/runs/new/", filled)
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.pk}/")
    assert run.team == team
    assert RunSpecification.parse(run.specification) == RunSpecification.checked(
        {**DEMO, "baseline": True}, data=_library(), tables=_library()
    )
    assert run.name == "Aging evolution · NAS-Bench-201 · Digits (bundled)"


def _library() -> object:
    from apps.datasets.library import PlatformDataLibrary

    return PlatformDataLibrary()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("estimator.config.epochs", "1000000000", "must be at most 10000"),
        ("estimator.config.learning_rate", "-0.1", "must be more than 0"),
        ("budget.trials", "0", "must be at least 1"),
        ("budget.trials", "many", "must be a whole number"),
        ("space.config.width", "1.5", "must be a whole number"),
        ("seed", "-1", "must be at least 0"),
        ("parallelism", "", "is required"),
        ("constraints.0.limit", "small", "must be a number"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field_and_kept(
    browser: Client, filled: Form, field: str, value: str, message: str
) -> None:
    if field.startswith("constraints"):
        filled |= {"constraints.0.metric": "params", "constraints.0.operator": "<="}
    answer = browser.post("/runs/new/", {**filled, field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert any(message in error for error in errors_at(page, field)), errors_at(page, field)
    assert f'value="{value}"' in page
    assert not Run.objects.exists()


def test_all_that_is_wrong_is_said_at_once(browser: Client, filled: Form) -> None:
    wrong = {"estimator.config.epochs": "0", "budget.trials": "0", "space.config.width": "0"}
    page = browser.post("/runs/new/", {**filled, **wrong}).content.decode()
    assert all(errors_at(page, field) for field in wrong)
    assert "3 things have to be put right" in page


def test_a_run_without_any_limit_is_refused(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, "budget.trials": "", "budget.wall_seconds": ""}).content.decode()
    assert "a run needs a limit" in page
    assert not Run.objects.exists()


def test_an_unknown_operation_is_refused_with_the_ones_there_are(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, "space.config.operations": ["none", "warp"]}).content.decode()
    assert "&#x27;warp&#x27;" in page
    assert "skip_connect" in page
    assert not Run.objects.exists()


def test_a_constraint_that_nothing_meets_is_refused(browser: Client, filled: Form) -> None:
    limit = {"constraints.0.metric": "params", "constraints.0.operator": "<=", "constraints.0.limit": "10"}
    assert "0 of 1,000 samples" in browser.post("/runs/new/preview/", {**filled, **limit}).content.decode()
    answer = browser.post("/runs/new/", {**filled, **limit})
    assert answer.status_code == 422
    assert "none of" in answer.content.decode()
    assert not Run.objects.exists()


def test_a_run_without_objectives_is_refused(browser: Client, filled: Form) -> None:
    none = {f"objectives.{index}.metric": "" for index in range(3)}
    page = browser.post("/runs/new/", {**filled, **none}).content.decode()
    assert "choose at least 1" in page
    assert not Run.objects.exists()


def test_a_metric_the_estimator_does_not_deliver_is_not_offered(browser: Client, filled: Form) -> None:
    page = browser.get("/runs/new/").content.decode()
    assert '<option value="accuracy"' in page
    assert "test_accuracy" not in page


def test_the_direction_of_an_objective_is_the_usual_one_unless_chosen(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, "objectives.2.metric": "params", "objectives.2.direction": ""})
    assert Run.objects.get().specification["objectives"][2] == {"metric": "params", "direction": "minimise"}


@pytest.mark.each_database
@pytest.mark.parametrize("name", ["Suche nach 한국어 🌍 <b>", "x" * 300])
def test_unusual_names_are_taken(browser: Client, filled: Form, name: str) -> None:
    browser.post("/runs/new/", {**filled, "name": name})
    assert Run.objects.get().name == name


@pytest.mark.each_database
def test_a_name_of_301_characters_is_refused_at_the_field(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, "name": "x" * 301}).content.decode()
    assert any("300" in error for error in errors_at(page, "name"))
    assert not Run.objects.exists()


def test_a_viewer_cannot_start_a_run(as_user: Callable[[User | None], Client], viewer: User, filled: Form) -> None:
    answer = as_user(viewer).post("/runs/new/", filled)
    assert answer.status_code == 422
    assert "Choose one of your teams." in answer.content.decode()
    assert not Run.objects.exists()


def test_a_run_cannot_be_started_for_another_team(browser: Client, filled: Form, other_team: Team) -> None:
    assert browser.post("/runs/new/", {**filled, "team": str(other_team.pk)}).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.each_database
def test_a_data_set_of_another_team_looks_like_one_that_does_not_exist(
    browser: Client, filled: Form, other_team: Team
) -> None:
    hidden = DataSet.objects.create(team=other_team, name="secret", state=UploadState.READY)
    pages = []
    for reference in (str(hidden.pk), "999999"):
        answer = browser.post("/runs/new/", {**filled, "problem.config.dataset": reference})
        assert answer.status_code == 422
        assert errors_at(answer.content.decode(), "problem.config.dataset") == ["choose one from the list"]
        pages.append(answer.content.decode())
    assert "secret" not in pages[0]


def test_another_strategy_brings_its_own_settings(browser: Client, filled: Form) -> None:
    chosen = {**filled, "strategy.name": "random"}
    part = browser.post("/runs/new/fields/strategy/", chosen).content.decode()
    assert "strategy.config.avoid_duplicates" in part
    assert "population_size" not in part
    assert 'name="strategy.shown" value="random"' in part


def test_settings_of_another_thing_are_not_taken_for_those_of_the_one_chosen(browser: Client, filled: Form) -> None:
    """Without JavaScript the old settings are still in the form; they must not reach the new strategy."""
    browser.post("/runs/new/", {**filled, "strategy.name": "random"})
    run = Run.objects.get()
    assert run.strategy_name == "random"
    assert "population_size" not in run.specification["strategy"]["config"]


def test_well_known_settings_fill_the_fields(browser: Client, filled: Form) -> None:
    part = browser.post("/runs/new/fields/strategy/", {**filled, "strategy.preset": "paper"}).content.decode()
    assert re.search(r'name="strategy.config.population_size" value="100"', part)


@pytest.mark.each_database
def test_a_clone_begins_with_everything_of_its_run(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, "name": "First", "space.config.width": "12", "seed": "77"})
    first = Run.objects.get()
    copied = sent_by(browser.get(f"/runs/new/?from={first.pk}").content.decode(), action="start")
    assert copied["name"] == "Copy of First"
    browser.post("/runs/new/", copied)
    second = Run.objects.exclude(pk=first.pk).get()
    assert second.specification == first.specification


def test_a_run_that_may_not_be_seen_cannot_be_cloned(
    as_user: Callable[[User | None], Client], outsider: User, browser: Client, filled: Form
) -> None:
    browser.post("/runs/new/", filled)
    assert as_user(outsider).get(f"/runs/new/?from={Run.objects.get().pk}").status_code == 404


def test_a_saved_space_fills_the_space_step(browser: Client, team: Team, member: User) -> None:
    kind = registry.spaces.get("nasbench201")
    space = kind(kind.Config.parse({"width": 24}))
    saved = saved_space_create(team=team, by=member, name="Wide", space=space)
    shown = sent_by(browser.get(f"/runs/new/?space={saved.pk}").content.decode(), action="start")
    assert shown["space.config.width"] == "24"


@pytest.mark.each_database
@pytest.mark.parametrize("query", ["from=x", "from=-1", "space=99999999999999999999", "from=١"])
def test_a_broken_address_is_not_found(browser: Client, query: str) -> None:
    assert browser.get(f"/runs/new/?{query}").status_code == 404
