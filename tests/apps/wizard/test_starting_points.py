"""For every strategy the form can begin with a search that could be started as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.runs.presets import PRESETS
from apps.runs.wizard.context import meaning_of
from apps.runs.wizard.draft import draft_default
from apps.runs.wizard.page import suggested_name
from nas import registry

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize("name", [*PRESETS, *registry.strategies])
def test_it_is_right_as_it_is(member: User, name: str) -> None:
    meaning = meaning_of(draft_default(preset=name), member)
    assert not meaning.errors
    assert name in PRESETS or meaning.draft.values["strategy"]["name"] == name


def test_the_form_and_the_explanation_lead_to_it(client: Client, member: User) -> None:
    client.force_login(member)
    form = client.get(reverse("runs:new")).content.decode()
    page = client.get(reverse("methods:page", args=["spos"])).content.decode()
    assert 'href="?preset=spos"' in form
    assert f'href="{reverse("runs:new")}?preset=spos"' in page
    begun = client.get(reverse("runs:new"), {"preset": "spos"}).content.decode()
    assert 'value="spos" checked' in begun or 'value="spos" selected' in begun


@pytest.mark.parametrize(("space", "problem"), [("automl_zero", "program_tasks"), ("wann", "image_classification")])
def test_a_space_that_is_not_trained_begins_with_what_can_search_it(
    client: Client, member: User, space: str, problem: str
) -> None:
    client.force_login(member)
    page = client.get(reverse("runs:new"), {"space.name": space})
    meaning = meaning_of(page.context["draft"], member)
    assert not meaning.errors
    assert [meaning.draft.choice(place) for place in ("space", "strategy", "problem")] == [space, space, problem]


def test_a_name_that_there_is_not_begins_with_the_demo(member: User) -> None:
    assert draft_default(preset="nothing").values == draft_default().values


@pytest.mark.parametrize(
    ("kind", "name"), [("linear", "AutoML-Zero"), ("projected_binary", "AutoML-Zero · Digits (bundled)"), ("x", None)]
)
def test_a_name_that_is_suggested_says_nothing_twice_and_no_data_that_are_not_used(
    member: User, kind: str, name: str | None
) -> None:
    draft = draft_default(preset="automl_zero")
    problem = {"name": "program_tasks", "config": {"kind": kind, "dataset": "digits"}}
    suggested = suggested_name(meaning_of(replace(draft, values={**draft.values, "problem": problem}), member))
    assert suggested == (name or "AutoML-Zero · Digits (bundled)")


def test_a_name_that_is_suggested_says_strategy_space_and_data(member: User) -> None:
    demo = suggested_name(meaning_of(draft_default(), member))
    assert demo.endswith("· NAS-Bench-201 · Digits (bundled)") and demo.count("·") == 2
