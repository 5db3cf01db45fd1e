"""The reward in the new-run form: shown when asked for, with its formula, its errors, and in the record of the run."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.runs.models import Run
from tests.apps.wizard.conftest import Form

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ASKED = {"objectives.0.metric": "reward", "objectives.0.direction": "maximise"}
GIVEN = {
    **ASKED,
    "reward.quality": "accuracy",
    "reward.cost": "latency_ms",
    "reward.target": "75",
    "reward.exponent_within": "-0.07",
    "reward.exponent_beyond": "-0.07",
}


def test_the_part_is_there_when_an_objective_or_a_constraint_is_the_reward(browser: Client, filled: Form) -> None:
    def part(**more: str) -> str:
        return browser.post("/runs/new/reward/", {**filled, **more}).content.decode()

    assert 'name="reward.target"' not in part()
    assert 'name="reward.target"' in part(**ASKED)
    limit = {"constraints.0.metric": "reward", "constraints.0.operator": ">=", "constraints.0.limit": "0.5"}
    assert 'name="reward.target"' in part(**limit)


def test_the_part_says_its_formula_and_what_twice_the_target_means(browser: Client, filled: Form) -> None:
    part = browser.post("/runs/new/reward/", {**filled, **GIVEN}).content.decode()
    assert "Accuracy × (Latency / 75)^w, w = -0.07 up to the target, -0.07 beyond" in part
    assert "2 × target: × 0.953" in part
    assert "0.5 × target: × 1.05" in part


def test_a_well_known_setting_fills_the_exponents(browser: Client, filled: Form) -> None:
    part = browser.post("/runs/new/reward/", {**filled, **GIVEN, "reward.preset": "hard"}).content.decode()
    assert 'name="reward.exponent_beyond" value="-1"' in part
    assert "2 × target: × 0.5" in part


@pytest.mark.each_database
def test_it_is_stored_with_the_run_and_a_clone_has_it(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, **GIVEN})
    run = Run.objects.get()
    assert run.specification["reward"] == {
        "quality": "accuracy",
        "cost": "latency_ms",
        "target": 75.0,
        "exponent_within": -0.07,
        "exponent_beyond": -0.07,
    }
    assert 'name="reward.target" value="75"' in browser.get(f"/runs/new/?from={run.pk}").content.decode()


def test_what_is_left_of_a_reward_that_nobody_names_any_more_is_dropped(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, **GIVEN, "objectives.0.metric": "accuracy"})
    assert Run.objects.get().specification["reward"] is None


@pytest.mark.parametrize(
    ("target", "message"), [("0", "must be more than 0"), ("x", "must be a number"), ("", "is required")]
)
def test_a_wrong_target_is_said_at_the_target(browser: Client, filled: Form, target: str, message: str) -> None:
    page = browser.post("/runs/new/", {**filled, **GIVEN, "reward.target": target}).content.decode()
    assert not Run.objects.exists()
    help_of_target = page.partition('id="id_reward-target-help"')[2].partition("</div>")[0]
    assert message in help_of_target


def test_the_reward_as_objective_without_its_part_is_refused(browser: Client, filled: Form) -> None:
    """As a browser without JavaScript sends it: the part is not there yet."""
    page = browser.post("/runs/new/", {**filled, **ASKED}).content.decode()
    assert not Run.objects.exists()
    assert "is required" in page.partition('id="id_reward-target-help"')[2].partition("</div>")[0]
