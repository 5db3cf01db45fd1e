"""The axes of a grid in the form: the parameters of the space that is chosen, by their names in words."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.runs.models import Run
from apps.runs.wizard.parameter_choices import parameter_choices
from apps.runs.wizard.settings import references_in_words, settings_in_words
from nas import registry
from tests.apps.wizard.conftest import Form, sent_by

pytestmark = pytest.mark.any_database

GRID = {"strategy.name": "grid", "strategy.shown": "grid", "strategy.config.axes.rows": "2"}
AXIS = "strategy.config.axes.0.parameter"


def offered(part: str, name: str = AXIS) -> dict[str, str]:
    """Value → label of what can be chosen there."""
    (control,) = re.findall(rf'<select[^>]*name="{re.escape(name)}".*?</select>', part, re.DOTALL)
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>(.*?)</option>', control))


@pytest.mark.parametrize(
    ("space", "name", "label"),
    [
        ("nasbench201", "0 → 1", "Edge 0 → 1: none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3"),
        ("layerwise", "layers.1.kernel_height", "Layers 1 › Kernel height: 1, 3, 5, 7"),
        ("efficientnet", "resolution", "Resolution: 8, 12, 16"),
        ("anynet", "stages.0.width", "Stages 0 › Width: 8, 16, 24, 32, 40, …"),
        ("hyperparameters", "learning_rate", "Learning rate: 0.001 … 1"),
    ],
)
def test_a_parameter_is_named_in_words_with_what_it_may_be(space: str, name: str, label: str) -> None:
    kind = registry.spaces.get(space)
    assert dict(parameter_choices(kind(kind.Config.parse(None))))[name] == label


def test_a_space_without_parameters_offers_none() -> None:
    kind = registry.spaces.get("regnet")
    assert parameter_choices(kind(kind.Config.parse(None))) == parameter_choices(None) == []


def test_the_form_offers_the_parameters_of_the_space_as_it_is_now(browser: Client, filled: Form) -> None:
    asked = {**filled, "strategy.name": "grid"}
    part = browser.post("/runs/new/fields/strategy/", asked).content.decode()
    assert list(offered(part)) == ["", "0 → 1", "0 → 2", "1 → 2", "0 → 3", "1 → 3", "2 → 3"]
    assert 'hx-trigger="change from:#step-space"' in part
    part = browser.post("/runs/new/fields/strategy/", {**asked, **GRID, "space.name": "efficientnet"}).content.decode()
    assert list(offered(part)) == ["", "width", "depth", "resolution"]
    other = browser.post("/runs/new/fields/strategy/", {**filled, "strategy.name": "random"}).content.decode()
    assert "hx-trigger" not in other.partition("preset")[0]


def test_what_another_space_had_is_kept_and_refused_at_its_row(browser: Client, filled: Form) -> None:
    chosen = {**filled, **GRID, AXIS: "0 → 1", "space.name": "efficientnet"}
    page = browser.post("/runs/new/", chosen).content.decode()
    assert offered(page)["0 → 1"] == "0 → 1 (not available)"
    assert sent_by(page, action="start")[AXIS] == "0 → 1"
    assert "the space has no parameter &#x27;0 → 1&#x27;; there are width, depth, resolution" in page
    assert not Run.objects.exists()


def test_a_copy_says_which_axis_is_another_one(browser: Client, filled: Form) -> None:
    browser.post("/runs/new/", {**filled, **GRID, AXIS: "0 → 1"})
    run = Run.objects.get()
    copy = sent_by(browser.get(f"/runs/new/?from={run.pk}").content.decode(), action="start")
    assert copy[AXIS] == "0 → 1"
    preview = browser.post("/runs/new/preview/", {**copy, AXIS: "2 → 3"}).content.decode()
    (change,) = re.findall(rf'data-change="{re.escape(AXIS)}">[^<]*<s>(.*?)</s> → <strong>(.*?)</strong>', preview)
    assert [text.partition(":")[0] for text in change] == ["Edge 0 → 1", "Edge 2 → 3"]
    words = {one.path: one.text for one in settings_in_words(run.specification, references_in_words([run]))}
    assert words[AXIS] == change[0].replace("&#x27;", "'")
