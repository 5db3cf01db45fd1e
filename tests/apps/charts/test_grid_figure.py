"""The picture of a grid."""

from __future__ import annotations

from typing import Any

from apps.charts.view_figure import view_figure

GRID: dict[str, Any] = {
    "metric": "accuracy",
    "axes": [
        {"name": "learning_rate", "is_log": True, "values": [0.001, 0.01, 0.1]},
        {"name": "momentum", "is_log": False, "values": [0.0, 0.9]},
    ],
    "frames": [],
    "stage": [1] * 6,
    "x": [0.001, 0.001, 0.01, 0.01, 0.1, 0.1],
    "y": [0.0, 0.9, 0.0, 0.9, 0.0, 0.9],
    "state": ["open", "running", "done", "best", "broken", "failed"],
    "value": [None, None, 0.7, 0.9, None, None],
    "points": [1, 1, 1, 1, 0, 1],
    "told": [0, 0, 1, 1, 0, 1],
    "id": [None, None, 0, 1, None, None],
}


def figure(**changed: Any) -> dict[str, Any]:
    drawn = view_figure("grid", "Grid", "grid", {**GRID, **changed}).figure
    assert drawn is not None
    return drawn


def test_each_state_is_a_trace_with_a_shape_and_a_colour_of_its_own() -> None:
    traces = figure()["traces"]
    assert {state: (trace["x"], trace["y"]) for state, trace in traces.items()} == {
        state: ([x], [y]) for state, x, y in zip(GRID["state"], GRID["x"], GRID["y"], strict=True)
    }
    assert len({trace["marker"]["symbol"] for trace in traces.values()}) == 6
    assert traces["broken"]["marker"]["color"] == "var(--bad)"
    assert traces["best"]["text"] == ["#1: 0.9"]
    assert len({trace["name"] for trace in traces.values()}) == 6


def test_values_are_shaded_so_that_the_better_is_the_stronger() -> None:
    marker = figure()["traces"]["done"]["marker"]
    assert (marker["color"], marker["cmin"], marker["cmax"], marker["reversescale"]) == ([0.7], 0.7, 0.9, False)
    assert figure(metric="error_percent")["traces"]["done"]["marker"]["reversescale"] is True


def test_a_single_value_has_a_range_to_be_shaded_over() -> None:
    marker = figure(
        state=["open", "running", "done", "done", "broken", "failed"], value=[None, None, 0.7, 0.7, None, None]
    )["traces"]["done"]["marker"]
    assert marker["cmin"] < marker["cmax"]


def test_axes_keep_their_scale_and_label_their_values() -> None:
    layout = figure()["layout"]
    assert (layout["xaxis"]["type"], layout["xaxis"]["tickvals"]) == ("log", [0.001, 0.01, 0.1])
    assert layout["xaxis"]["title"]["text"] == "learning_rate"
    assert "type" not in layout["yaxis"]


def test_choices_stand_in_their_order() -> None:
    axes = [GRID["axes"][0], {"name": "nesterov", "is_log": False, "values": [True, "auto"]}]
    drawn = figure(axes=axes, y=[True, "auto"] * 3)
    assert drawn["layout"]["yaxis"]["categoryarray"] == ["true", "auto"]
    assert drawn["traces"]["open"]["y"] == ["true"]


def test_one_axis_is_a_row_of_points() -> None:
    drawn = figure(axes=GRID["axes"][:1], y=[""] * 6)
    assert drawn["traces"]["done"]["y"] == [0]
    assert drawn["layout"]["yaxis"]["visible"] is False


def test_finer_grids_are_frames() -> None:
    drawn = figure(frames=[[[0.001, 0.1], [0.0, 0.9]]])
    (frame,) = drawn["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.001, 0.1, 0.0, 0.9)
    assert "finer" in drawn["caption"]
    assert "finer" not in figure()["caption"]


def test_what_is_not_shown_is_named() -> None:
    assert "also varied: batch_size, epochs" in figure(also_varied="batch_size, epochs")["caption"]


def test_the_table_has_a_row_for_each_place() -> None:
    table = view_figure("grid", "Grid", "grid", GRID).table
    assert list(table.columns) == ["stage", "x", "y", "state", "value", "points", "told", "id"]
    assert list(table.rows)[3] == (1, 0.01, 0.9, "best", 0.9, 1, 1, 1)
    assert view_figure("grid", "Grid", "grid", {"axes": [], "x": []}).figure is None
