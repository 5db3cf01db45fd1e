"""The form as YAML and YAML as the form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.wizard.config_form import Fieldset, FormField
from apps.runs.wizard.context import Meaning, meaning_of
from apps.runs.wizard.draft import CHOICES, draft_from
from apps.runs.wizard.page import wizard_page
from apps.runs.wizard.yaml_form import draft_as_yaml, draft_from_yaml
from nas.core.yaml_text import yaml_document
from tests.apps.builders import make_run
from tests.apps.wizard.conftest import Form, sent_by

pytestmark = pytest.mark.any_database


def text_of(page: str) -> str:
    (text,) = re.findall(r'id="id_document"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return unescape(text)


def errors_of(page: str) -> list[str]:
    panel = page[page.index('id="yaml-panel"') : page.index('id="id_document"')]
    return [unescape(re.sub(r"<[^>]+>", "", line)) for line in re.findall(r"<li>(.*?)</li>", panel)]


@pytest.mark.each_database
def test_the_form_is_written_and_read_back_and_starts_the_same_run(
    browser: Client, filled: Form, as_user: Callable[[User | None], Client], team: Team
) -> None:
    changed = {**filled, "name": "Mine", "budget.trials": "17", "space.config.width": "24", "seed": "5"}
    text = text_of(browser.post("/runs/new/", {**changed, "action": "write"}).content.decode())
    page = browser.post("/runs/new/", {**filled, "action": "read", "document": text}).content.decode()
    assert errors_of(page) == []
    browser.post("/runs/new/", sent_by(page, action="start"))
    browser.post("/runs/new/", {**changed, "action": "start"})
    by_yaml, by_form = Run.objects.order_by("-pk")
    assert by_yaml.specification == by_form.specification
    assert by_yaml.specification["budget"]["trials"] == 17
    assert by_yaml.name == "Mine"


def test_htmx_gets_the_panel_alone(browser: Client, filled: Form) -> None:
    answer = browser.post("/runs/new/", {**filled, "action": "write"}, headers={"HX-Request": "true"}).content.decode()
    assert yaml_document(text_of(answer)).value["space"]["name"] == "nasbench201"
    assert "<html" not in answer


def test_what_is_wrong_is_told_with_line_and_field_and_shown_in_the_form(browser: Client, filled: Form) -> None:
    text = text_of(browser.post("/runs/new/", {**filled, "action": "write"}).content.decode())
    wrong = text.replace("width: 16", "width: 3") if "width: 16" in text else re.sub(r"width: \d+", "width: 3", text)
    line = wrong[: wrong.index("width: 3")].count("\n") + 1
    answer = browser.post("/runs/new/", {**filled, "action": "read", "document": wrong})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert errors_of(page) == [f"space.config.width: must be at least 4, got 3 (line {line})"]
    assert 'name="space.config.width" value="3"' in page
    assert text_of(page) == wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "This is no configuration of a run"),
        ("[1, 2]", "This is no configuration of a run"),
        ("space: [", "this is no YAML"),
        ("space: {name: nasbench201}\nsede: 1", "sede: there is no such setting (line 2)"),
        ("name: [1]", "name: must be text (line 1)"),
        ("a: &a [1]\nb: [*a, *a]", "anchors"),
        ("objectives: no", "objectives: no may be meant as a truth value"),
        ("[" * 100_000, "levels deep"),
    ],
)
def test_what_is_no_configuration_leaves_the_form_as_it_was(
    browser: Client, filled: Form, text: str, message: str
) -> None:
    sent = {**filled, "space.config.width": "24", "action": "read", "document": text}
    answer = browser.post("/runs/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert any(message in error for error in errors_of(page)), errors_of(page)
    assert 'name="space.config.width" value="24"' in page
    assert not Run.objects.exists()


def test_a_dataset_that_the_reader_may_not_see_is_refused(browser: Client, filled: Form) -> None:
    text = text_of(browser.post("/runs/new/", {**filled, "action": "write"}).content.decode())
    page = browser.post(
        "/runs/new/", {**filled, "action": "read", "document": text.replace("dataset: digits", "dataset: '999'")}
    ).content.decode()
    assert any(error.startswith("problem.config.dataset: choose one from the list") for error in errors_of(page))


@pytest.mark.each_database
def test_the_yaml_of_a_run_begins_one_like_it(browser: Client, filled: Form, team: Team, member: User) -> None:
    run = make_run(team, member, name="Tuesday's: # 1")
    answer = browser.get(f"/runs/{run.pk}/configuration.yaml")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert yaml_document(text).value == {"name": run.name, **run.specification}
    page = browser.post("/runs/new/", {**filled, "action": "read", "document": text}).content.decode()
    assert errors_of(page) == []
    assert "copy-from" in browser.get(f"/runs/{run.pk}/").content.decode()


def test_json_is_read_too(browser: Client, filled: Form, team: Team, member: User) -> None:
    run = make_run(team, member)
    text = json.dumps(run.specification)
    page = browser.post("/runs/new/", {**filled, "action": "read", "document": text}).content.decode()
    assert errors_of(page) == []


# --- whatever a person fills in


def typed(field: FormField) -> st.SearchStrategy[Any]:
    """What a person may put into a control: mostly what it takes, sometimes anything."""
    anything = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
        ["no", "On", "010", "1e-3", "", "null", "~", "- a", "a: b", "#", "12:30", "'", "1_0"]
    )
    options = [option.value for option in field.options]
    if field.kind == "checkbox":
        return st.sampled_from(["true", None])
    if field.kind == "checkboxes":
        return st.lists(st.sampled_from(options), unique=True, max_size=len(options))
    if field.kind == "select":
        return st.sampled_from(options) if options else anything
    if field.kind in ("integer", "number"):
        low, high = (float(text) if text else default for text, default in ((field.minimum, 0), (field.maximum, 1e6)))
        return st.integers(int(low), int(min(high, 1e9))).map(str) | st.just(field.value) | anything
    return st.just(field.value) | anything


def fields_of(fieldset: Fieldset) -> list[FormField]:
    rows = [row for row_set in fieldset.row_sets for row in (*row_set.rows, *row_set.spare)]
    return [*fieldset.fields, *(field for inner in (*fieldset.nested, *rows) for field in fields_of(inner))]


def filled_in(data: st.DataObject, user: User) -> QueryDict:
    """The form as a person might send it: any choice, any settings."""
    form = QueryDict(mutable=True)
    for place, registry in CHOICES.items():
        form[f"{place}.name"] = form[f"{place}.shown"] = data.draw(st.sampled_from(registry.names()))
    page = wizard_page(meaning_of(draft_from(form), user))
    sets = [getattr(page, place).fieldset for place in CHOICES]
    sets += [page.budget, page.work, *page.objectives.rows, *page.constraints.rows]
    for row_set in (row_set for fieldset in sets for row_set in fieldset.row_sets):
        form[row_set.count_name] = str(row_set.num_shown)
    for field in (field for fieldset in sets for field in fields_of(fieldset)):
        value = data.draw(typed(field))
        if isinstance(value, list):
            form.setlist(field.name, value)
        elif value is not None:
            form[field.name] = value
    form["name"] = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20))
    return form


def controls(meaning: Meaning) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    page = wizard_page(meaning)
    sets = [getattr(page, place).fieldset for place in CHOICES]
    sets += [page.budget, page.work, *page.objectives.rows, *page.constraints.rows]
    return [
        (field.name, field.value, field.is_checked, tuple(o.value for o in field.options if o.is_chosen))
        for fieldset in sets
        for field in fields_of(fieldset)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.data())
def test_form_to_yaml_to_form_is_the_same_form(member: User, data: st.DataObject) -> None:
    first = meaning_of(draft_from(filled_in(data, member)), member)
    text = draft_as_yaml(first)
    again, errors = draft_from_yaml(text, team="", user=member)
    if first.specification is not None:
        assert again is not None
        assert errors == ()
        assert again.specification == first.specification
        assert draft_as_yaml(again) == text
        assert again.draft.name == first.draft.name
    elif again is not None:
        assert controls(again) == controls(first)
    else:
        values = yaml_document(text).value
        values.pop("name", None)
        assert values == first.draft.values
