"""The inner strategy of a scheduler of fidelity, in the form."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.runs.models import Run
from tests.apps.wizard.conftest import Form

pytestmark = pytest.mark.any_database

CHOSEN = {"strategy.name": "asha", "strategy.shown": "asha", "strategy.config.inner": "aging_evolution:paper"}


def test_the_form_offers_strategies_and_their_presets_and_no_scheduler(browser: Client, filled: Form) -> None:
    part = browser.post("/runs/new/fields/strategy/", {**filled, "strategy.name": "asha"}).content.decode()
    (control,) = re.findall(r'<select[^>]*name="strategy.config.inner".*?</select>', part, re.DOTALL)
    offered = re.findall(r'value="([^"]*)"', control)
    assert {"random", "aging_evolution", "aging_evolution:paper"} <= set(offered)
    assert not {"asha", "hyperband"} & set(offered)


def test_the_one_chosen_reaches_the_run(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, **CHOSEN})
    strategy = Run.objects.get().specification["strategy"]
    assert (strategy["name"], strategy["config"]["inner"]) == ("asha", "aging_evolution:paper")


def test_one_that_does_not_exist_is_refused(browser: Client, filled: Form) -> None:
    page = browser.post("/runs/new/", {**filled, **CHOSEN, "strategy.config.inner": "hyperband"}).content.decode()
    assert not Run.objects.exists()
    assert "choose one from the list" in page
