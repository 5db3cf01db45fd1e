"""The first objective follows the problem: who looks for the new does not maximise accuracy by oversight."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.apps.wizard.conftest import Form

pytestmark = pytest.mark.any_database


def objectives(page: str) -> list[tuple[str, str]]:
    """(metric, direction) of the rows that are filled."""
    found = []
    for row in range(3):
        chosen = []
        for field in ("metric", "direction"):
            (select,) = re.findall(rf'<select[^>]*name="objectives\.{row}\.{field}".*?</select>', page, re.DOTALL)
            (value,) = re.findall(r'<option value="([^"]*)"[^>]*selected', select) or [""]
            chosen.append(value)
        found.append((chosen[0], chosen[1]))
    return [row for row in found if row[0]]


@pytest.mark.parametrize(
    ("before", "chosen", "first", "then"),
    [
        ("image_classification", "novelty_detection", "accuracy", "auprc"),
        ("image_classification", "novelty_detection", "auprc", "auprc"),
        ("image_classification", "program_tasks", "accuracy", "fitness"),
        ("novelty_detection", "image_classification", "auprc", "accuracy"),
        ("novelty_detection", "novelty_detection", "accuracy", "accuracy"),
        ("novelty_detection", "novelty_detection", "loss", "loss"),
    ],
)
def test_the_first_objective_is_what_the_problem_is_about(
    browser: Client, filled: Form, before: str, chosen: str, first: str, then: str
) -> None:
    form: Form = {
        **filled,
        "problem.shown": before,
        "problem.name": chosen,
        "objectives.0.metric": first,
        "objectives.0.direction": "maximise",
        "objectives.1.metric": "macs",
        "objectives.1.direction": "minimise",
    }
    page = browser.post("/runs/new/fields/problem/", form).content.decode()
    assert objectives(page) == [(then, "maximise"), ("macs", "minimise")]


def test_costs_alone_stay_and_a_second_quality_too(browser: Client, filled: Form) -> None:
    form: Form = {**filled, "problem.shown": "image_classification", "problem.name": "novelty_detection"}
    rows = {"objectives.0.metric": "macs", "objectives.0.direction": "minimise"}
    both = {"objectives.1.metric": "loss", "objectives.1.direction": "minimise"}
    only: Form = {name: value for name, value in form.items() if not name.startswith("objectives.")}
    page = browser.post("/runs/new/fields/problem/", {**only, **rows}).content.decode()
    assert objectives(page) == [("macs", "minimise")]
    page = browser.post("/runs/new/fields/problem/", {**only, **rows, **both}).content.decode()
    assert objectives(page) == [("macs", "minimise"), ("auprc", "maximise")]
