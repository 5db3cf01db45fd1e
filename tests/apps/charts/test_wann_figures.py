"""Pictures of weight agnostic networks: the best with each weight, the population between reward and size."""

from __future__ import annotations

from typing import Any

from apps.charts.view_figure import view_figure

WEIGHTS = {"weight": [0.5, -2.0], "reward": [-1.0, -3.0], "accuracy": [0.7, 0.4]}
TOPOLOGIES: dict[str, Any] = {
    "island": [1, 1, 3],
    "mean_reward": [-1.0, -1.5, -2.0],
    "peak_reward": [-0.5, -1.0, -1.5],
    "connections": [30, 20, 25],
    "hidden": [3, 2, 4],
}


def test_accuracy_is_drawn_over_weights_from_the_smallest_on() -> None:
    shown = view_figure("shared_weights", "Weights", "shared_weights", WEIGHTS)
    assert shown.figure is not None
    trace = shown.figure["traces"]["weights"]
    assert (trace["x"], trace["y"]) == ([-2.0, 0.5], [0.4, 0.7])
    assert shown.figure["layout"]["yaxis"]["title"]["text"] == "Accuracy ↑"
    assert [list(row) for row in shown.table.rows] == [[0.5, -1.0, 0.7], [-2.0, -3.0, 0.4]]


def test_where_nothing_has_a_label_the_reward_is_drawn() -> None:
    acting = {key: WEIGHTS[key] for key in ("weight", "reward")}
    figure = view_figure("shared_weights", "Weights", "shared_weights", acting).figure
    assert figure is not None
    assert figure["traces"]["weights"]["y"] == [-3.0, -1.0]
    assert figure["layout"]["yaxis"]["title"]["text"] == "Mean reward ↑"


def test_each_island_has_its_points_colour_and_shape() -> None:
    figure = view_figure("topologies", "Topologies", "topologies", TOPOLOGIES).figure
    assert figure is not None
    first, third = figure["traces"]["island_1"], figure["traces"]["island_3"]
    assert (first["x"], first["y"]) == ([30, 20], [-1.0, -1.5])
    assert (third["x"], third["customdata"]) == ([25], [[-1.5, 4]])
    assert first["marker"]["symbol"] != third["marker"]["symbol"]
    assert first["marker"]["color"] != third["marker"]["color"]
    assert first["showlegend"]


def test_nothing_is_drawn_before_the_first_generation() -> None:
    empty = {key: [] for key in TOPOLOGIES}
    assert view_figure("topologies", "Topologies", "topologies", empty).figure is None
    assert view_figure("shared_weights", "Weights", "shared_weights", {"weight": [], "reward": []}).figure is None
    assert view_figure("activation_shares", "Shares", "activation_shares", {"x": [], "y": [], "z": []}).figure is None


def test_shares_of_activations_are_drawn_over_generations_from_nothing_on() -> None:
    data = {"x": ["16", "48"], "y": ["relu", "tanh"], "z": [[0.75, 0.5], [0.25, 0.5]]}
    shown = view_figure("activation_shares", "Shares", "activation_shares", data)
    assert shown.figure is not None
    trace = shown.figure["traces"]["shares"]
    assert (trace["x"], trace["y"], trace["z"], trace["zmin"]) == (data["x"], data["y"], data["z"], 0)
    assert shown.figure["layout"]["xaxis"]["title"]["text"] == "Generation"
    assert [list(row) for row in shown.table.rows] == [["relu", 0.75, 0.5], ["tanh", 0.25, 0.5]]
