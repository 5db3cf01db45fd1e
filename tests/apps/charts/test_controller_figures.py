"""Pictures of a controller: its policy as a heat map, its learning as curves."""

from __future__ import annotations

from typing import Any

from apps.charts.view_figure import view_figure

POLICY: dict[str, Any] = {
    "decision": ["input", "operation"],
    "chosen": ["1", "conv"],
    "probability": [0.75, 0.5],
    "options": [["0", "1"], ["skip", "conv", "pool"]],
    "probabilities": [[0.25, 0.75], [0.3, 0.5, 0.2]],
    "learning_rate": 0.01,
    "published_learning_rate": 0.0006,
}


def test_a_policy_has_a_row_per_decision_and_a_gap_where_an_option_is_not() -> None:
    drawn = view_figure("policy", "Policy", "policy", POLICY)
    assert drawn.figure is not None
    trace = drawn.figure["traces"]["policy"]
    assert trace["z"] == [[0.25, 0.75, None], [0.3, 0.5, 0.2]]
    assert trace["customdata"][1] == ["skip", "conv", "pool"]
    assert trace["x"] == ["1", "2", "3"]
    assert "0.01" in drawn.figure["caption"] and "0.0006" in drawn.figure["caption"]
    assert list(drawn.table.columns) == ["decision", "chosen", "probability"]
    assert list(drawn.table.rows) == [("input", "1", 0.75), ("operation", "conv", 0.5)]


def test_options_that_are_the_same_everywhere_are_named_at_the_axis() -> None:
    same = {**POLICY, "options": [["a", "b"], ["a", "b"]], "probabilities": [[0.5, 0.5], [0.9, 0.1]]}
    figure = view_figure("policy", "Policy", "policy", same).figure
    assert figure is not None
    assert figure["traces"]["policy"]["x"] == ["a", "b"]


def test_learning_shows_reward_baseline_and_entropy() -> None:
    history = {
        "update": [1, 2],
        "reward": [0.5, 0.6],
        "baseline": [0.5, 0.51],
        "entropy": [9.7, 9.1],
        "staleness": [0, 1],
    }
    drawn = view_figure("learning", "Reward and entropy", "learning", history)
    assert drawn.figure is not None
    assert {role: trace["y"] for role, trace in drawn.figure["traces"].items()} == {
        "reward": [0.5, 0.6],
        "baseline": [0.5, 0.51],
        "entropy": [9.7, 9.1],
    }
    assert drawn.table.rows[1] == (2, 0.6, 0.51, 9.1, 1)


def test_before_the_first_update_there_is_no_curve() -> None:
    empty: dict[str, Any] = {"update": [], "reward": [], "baseline": [], "entropy": [], "staleness": []}
    assert view_figure("learning", "Reward and entropy", "learning", empty).figure is None


def test_several_controllers_show_how_late_each_update_was() -> None:
    data = {"update": [1, 2], "reward": [0.4, 0.5], "baseline": [0.4, 0.41], "entropy": [9.0, 8.5], "staleness": [0, 1]}
    drawn = view_figure("learning", "Reward and entropy", "learning", {**data, "controllers": 2})
    assert drawn.figure is not None
    assert drawn.figure["traces"]["staleness"]["y"] == [0, 1]
    assert "yaxis3" in drawn.figure["layout"]
    alone = view_figure("learning", "Reward and entropy", "learning", {**data, "controllers": 1})
    assert alone.figure is not None
    assert "staleness" not in alone.figure["traces"]
