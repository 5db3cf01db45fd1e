"""Pictures of a surrogate: what it believed, and how right it was."""

from __future__ import annotations

from typing import Any

import pytest

from apps.charts.view_figure import view_figure
from tests.contracts.strategy_contract import Driver
from tests.contracts.test_strategies import maker
from tests.contracts.toys import toy_setup

SURROGATE: dict[str, Any] = {
    "proposal": 12,
    "metric": "accuracy",
    "position": [0.0, 1.0, 2.0],
    "predicted": [0.7, 0.8, 0.6],
    "low": [0.65, 0.6, 0.5],
    "high": [0.75, 1.0, 0.7],
    "acquisition": [0.1, 0.5, 0.0],
    "chosen": [1],
    "seen_position": [0.5, 1.5],
    "seen_value": [0.71, 0.79],
}
PREDICTIONS: dict[str, Any] = {
    "id": [10, 11],
    "predicted": [0.7, 0.8],
    "low": [0.6, 0.75],
    "high": [0.8, 0.85],
    "measured": [0.72, 0.9],
    "metric": "accuracy",
    "rank_correlation": 1.0,
    "share_within": 0.5,
}


def test_beliefs_have_intervals_the_chosen_one_a_star_and_the_acquisition_its_own_axis() -> None:
    drawn = view_figure("surrogate", "What the model believes", "surrogate", SURROGATE)
    assert drawn.figure is not None
    traces, layout = drawn.figure["traces"], drawn.figure["layout"]
    assert traces["candidates"]["error_y"]["array"] == pytest.approx([0.05, 0.2, 0.1])
    assert traces["candidates"]["error_y"]["arrayminus"] == pytest.approx([0.05, 0.2, 0.1])
    assert (traces["chosen"]["x"], traces["chosen"]["y"]) == ([1.0], [0.8])
    assert traces["results"]["y"] == [0.71, 0.79]
    assert traces["acquisition"]["yaxis"] == "y2"
    assert layout["yaxis"]["title"]["text"] == "Accuracy ↑"
    assert layout["yaxis"]["range"] == pytest.approx([0.475, 1.025])
    assert list(drawn.table.columns) == ["position", "predicted", "low", "high", "acquisition"]
    assert len(drawn.table.rows) == 3
    assert drawn.table.facts == [("Proposal that was chosen", "12")]


def test_a_weighted_value_has_an_axis_of_its_own() -> None:
    drawn = view_figure("surrogate", "What the model believes", "surrogate", {**SURROGATE, "metric": None})
    assert drawn.figure is not None
    assert "Weighted" in drawn.figure["layout"]["yaxis"]["title"]["text"]


def test_predictions_stand_against_what_was_measured() -> None:
    drawn = view_figure("predictions", "Predicted and measured", "predictions", PREDICTIONS)
    assert drawn.figure is not None
    traces = drawn.figure["traces"]
    assert (traces["results"]["x"], traces["results"]["y"]) == ([0.7, 0.8], [0.72, 0.9])
    assert traces["exact"]["x"] == traces["exact"]["y"] == [0.7, 0.9]
    assert drawn.figure["layout"]["xaxis"]["range"] == pytest.approx([0.69, 0.91])
    assert drawn.figure["layout"]["xaxis"]["title"]["text"] == "Predicted: Accuracy ↑"
    assert "1.00" in drawn.figure["caption"]
    assert list(drawn.table.columns) == ["id", "predicted", "low", "high", "measured"]


def test_without_a_correlation_the_caption_does_not_speak_of_it() -> None:
    drawn = view_figure("predictions", "Predicted", "predictions", {**PREDICTIONS, "rank_correlation": None})
    assert drawn.figure is not None
    assert "correlation" not in drawn.figure["caption"]


def test_predictions_of_sizes_have_a_colour_and_a_mark_each() -> None:
    drawn = view_figure("predictions", "Predicted and measured", "predictions", {**PREDICTIONS, "size": [2, 3]})
    assert drawn.figure is not None
    traces = drawn.figure["traces"]
    assert set(traces) == {"exact", "size2", "size3"}
    assert (traces["size3"]["x"], traces["size3"]["y"], traces["size3"]["customdata"]) == (
        [0.8],
        [0.9],
        [PREDICTIONS["id"][1]],
    )
    assert traces["size2"]["marker"]["symbol"] != traces["size3"]["marker"]["symbol"]


def test_levels_are_bars_on_a_logarithmic_axis_and_what_the_model_knew() -> None:
    data = {
        "size": [1, 2],
        "candidates": [136, 40_800],
        "trained": [136, 256],
        "kept": [136, 256],
        "before": [None, 0.4],
        "after": [0.9, 0.8],
    }
    drawn = view_figure("levels", "From size to size", "levels", data)
    assert drawn.figure is not None
    assert drawn.figure["traces"]["candidates"]["y"] == [136, 40_800]
    assert drawn.figure["traces"]["before"]["y"] == [None, 0.4]
    assert drawn.figure["layout"]["yaxis"]["type"] == "log"
    alone = view_figure("levels", "From size to size", "levels", {**data, "before": [None, None]})
    assert alone.figure is not None
    assert "before" not in alone.figure["traces"]


@pytest.mark.parametrize("kind", ["surrogate", "predictions", "levels"])
def test_before_the_first_model_there_is_no_picture(kind: str) -> None:
    assert view_figure("early", "Early", kind, {}).figure is None


@pytest.mark.parametrize("settings", [{}, {"surrogate": "ensemble", "epochs": 5}])
def test_the_views_of_a_real_search_can_be_drawn(settings: dict[str, Any], tmp_path: Any) -> None:
    driver = Driver(maker("bayesian", settings), toy_setup(num_bits=12), tmp_path).steps(20)
    drawn = [view_figure(v.name, v.title, v.kind, v.data) for v in driver.strategy.views()]
    assert len(drawn) == 2
    assert all(each.figure is not None for each in drawn)
