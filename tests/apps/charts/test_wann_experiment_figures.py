"""Pictures of what was tried on one weight agnostic topology."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from apps.charts.view_figure import ViewFigure, view_figure
from nas.core.view import View
from nas.wann.experiment_plan import ARMS
from nas.wann.experiment_results import Cell, PlanState
from nas.wann.experiment_views import GROUPS, experiment_views

SLOPES = {
    "activations": [
        {"activation": 9, "name": "relu", "count": 3, "gain": 0.6, "saturated": 0.4, "signal": 0.02},
        {"activation": 6, "name": "sigmoid", "count": 2, "gain": 0.1, "saturated": 0.2, "signal": 0.0},
        {"activation": 11, "name": "square", "count": 1, "gain": 250.0, "saturated": 0.0, "signal": 3.0},
    ],
    "signal_ratio": 0.5,
}
LENGTHS = {
    "counts": ["0", "1", str(10**400), "0", "100"],
    "shares": [0.0, 0.0, 1.0, 0.0, 0.0],
    "mean": 2.0,
    "deviation": 0.0,
    "entropy": 0.0,
    "shortest": 1,
    "longest": 4,
}


def cell(test: float, curve: tuple[tuple[int, float], ...] = (), **others: Any) -> Cell:
    return Cell(
        test, test - 0.1, params=others.pop("params", 1_849), connections=1_849, evaluations=30, curve=curve, **others
    )


def state(metric: str = "accuracy", **diagnostics: Any) -> PlanState:
    found = PlanState("k").with_diagnostics(metric=metric, **diagnostics)
    found = found.with_cell("random_shared", 0, cell(0.4, params=1, spread=0.2, draws=100))
    found = found.with_cell("tuned_shared", 0, cell(0.6, params=1))
    found = found.with_cell("backprop", 0, cell(0.8, ((10, -2.0), (20, -3.0), (30, -0.5))))
    found = found.with_cell("backprop", 1, cell(0.9, ((10, -1.0), (20, -0.4), (30, -0.6))))
    return found.with_cell("search_relu", 0, cell(0.5, ((64, -6.0),), params=1))


def shown(of: PlanState, name: str) -> ViewFigure:
    view: View = next(view for view in experiment_views(of) if view.name == name)
    return view_figure(view.name, view.title, view.kind, view.data)


def drawn(of: PlanState, name: str) -> dict[str, Any]:
    figure = shown(of, name).figure
    assert figure is not None
    return figure


def test_every_arm_is_in_one_group_and_groups_keep_the_order_of_the_plan() -> None:
    assert [arm for arms in GROUPS.values() for arm in arms] == list(ARMS)


def test_arms_are_rows_with_their_deviation_and_their_parameters() -> None:
    figure = drawn(state(), "experiments")
    one, tuned, searches = (trace for trace in figure["traces"].values())
    assert (one["name"], one["x"], one["error_x"]["array"]) == ("At most one tuned weight", [0.4, 0.6], [0.2, 0])
    assert tuned["x"] == [pytest.approx(0.85)]
    assert tuned["error_x"]["array"] == [pytest.approx(0.0707, abs=1e-4)]
    assert tuned["customdata"] == [["Trained by backpropagation", "85.0 % ± 7.1 %", 2]]
    looks = [(trace["marker"]["symbol"], trace["marker"]["color"]) for trace in (one, tuned, searches)]
    assert all(len(set(column)) == 3 for column in zip(*looks, strict=True))
    layout = figure["layout"]
    assert layout["yaxis"]["ticktext"][2] == "Trained by<br>backpropagation"
    assert layout["yaxis"]["tickvals"] == [*one["y"], *tuned["y"], *searches["y"]]
    assert layout["yaxis"]["range"][0] > layout["yaxis"]["range"][1]  # the first arm stands above
    column = {note["y"]: note["text"] for note in layout["annotations"] if note["yref"] == "y"}
    assert [column[height] for height in layout["yaxis"]["tickvals"]] == ["1", "1", "1,849", "1"]
    assert layout["xaxis"]["title"]["text"] == "Accuracy ↑"
    assert figure["settings"]["height"] > 0


def test_names_do_not_meet_and_groups_are_parted_by_a_gap() -> None:
    axis = drawn(state().with_cell("dense_exact", 0, cell(0.9)), "experiments")["layout"]["yaxis"]
    assert axis["ticktext"] == [
        "Random shared<br>weight",
        "Tuned shared<br>weight",
        "Trained by<br>backpropagation",
        "Search with ReLU<br>alone",
        "Fully connected,<br>masked to the same<br>size",
    ]
    # Half of each name, in lines of 14, a margin of 10, and 16 between groups.
    assert [later - earlier for earlier, later in pairwise(axis["tickvals"])] == [38, 54, 54, 61]


def test_where_networks_act_returns_are_compared() -> None:
    acting = state("mean_return")
    assert drawn(acting, "experiments")["layout"]["xaxis"]["title"]["text"] == "Mean return ↑"
    curves = drawn(acting, "tuning_curves")
    assert curves["layout"]["yaxis"]["title"]["text"] == "Mean return ↑"
    assert curves["traces"]["median_0"]["y"] == [-1.5, pytest.approx(-1.2), pytest.approx(-0.45)]


def test_curves_are_the_best_so_far_between_their_seeds() -> None:
    figure = drawn(state(), "tuning_curves")
    traces = figure["traces"]
    assert list(traces) == ["lowest_0", "highest_0", "median_0"]
    assert traces["median_0"]["x"] == [10, 20, 30]
    assert traces["lowest_0"]["y"] == [1.0, 0.4, 0.4]
    assert traces["highest_0"]["y"] == [2.0, 2.0, 0.5]
    assert traces["median_0"]["y"] == [1.5, pytest.approx(1.2), pytest.approx(0.45)]
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert figure["layout"]["xaxis"]["title"]["text"] == "Evaluations"


def test_searches_count_networks_and_one_seed_has_no_band() -> None:
    figure = drawn(state(), "search_curves")
    assert list(figure["traces"]) == ["median_0"]
    assert figure["traces"]["median_0"]["y"] == [6.0]
    assert figure["layout"]["xaxis"]["title"]["text"] == "Networks scored"


def test_long_curves_are_thinned_and_keep_their_end() -> None:
    long = PlanState("k").with_diagnostics(metric="accuracy")
    long = long.with_cell("cma_es", 0, cell(0.5, tuple((step, -1.0 / step) for step in range(1, 201))))
    line = drawn(long, "tuning_curves")["traces"]["median_0"]
    assert len(line["x"]) <= 60
    assert (line["x"][-1], line["y"][-1]) == (200, 1 / 200)


def test_numbers_of_paths_beyond_all_floats_are_drawn() -> None:
    gradients: dict[str, Any] = {
        "gradient_by_length_shared": [0.0, 1.0, 2.0],
        "gradient_by_length_trained": [0.0, 3.0, 4.0, 0.0, 5.0],
    }
    figure = drawn(state(path_lengths=LENGTHS, **gradients), "path_lengths")
    bars = figure["traces"]["paths"]
    assert bars["x"] == [1, 2, 4]
    assert [bars["base"] + height for height in bars["y"]] == pytest.approx([0, 400, 2])
    assert min(bars["y"]) > 0  # a single path is a bar as well
    assert bars["customdata"] == ["1", "1.0 × 10⁴⁰⁰", "100"]
    assert figure["traces"]["gradient_shared"]["y"] == [1.0, 2.0, 0.0]
    assert figure["traces"]["gradient_trained"]["y"] == [3.0, 4.0, 5.0]
    assert len(figure["layout"]["yaxis"]["tickvals"]) <= 7


def test_without_gradients_paths_have_the_whole_height() -> None:
    figure = drawn(state(path_lengths=LENGTHS), "path_lengths")
    assert list(figure["traces"]) == ["paths"]
    assert figure["layout"]["yaxis"]["domain"] == [0, 1]
    assert "derivative" not in figure["caption"]


def test_slopes_stand_beside_their_bounds_and_the_steepest_is_cut_off_with_its_number() -> None:
    found = shown(state(gains_shared=SLOPES), "gains_shared")
    assert found.figure is not None
    traces = found.figure["traces"]
    assert traces["gain"]["y"] == [0.6, 0.1, 8.0]
    assert traces["gain"]["text"] == ["", "", "↑ 250"]
    assert (traces["bound"]["x"], traces["bound"]["y"]) == (["relu", "sigmoid"], [1.0, 0.25])
    assert traces["saturated"]["y"] == [0.4, 0.2, 0.0]
    assert traces["signal"]["y"] == [0.02, None, 3.0]
    assert list(found.table.facts) == [("Signal of first to last layer", "0.5000")]


def test_nothing_is_drawn_of_nothing() -> None:
    assert experiment_views(PlanState("k")) == []
    assert (
        experiment_views(PlanState("k").with_diagnostics(path_lengths={"shares": []}, gains_shared={"activations": []}))
        == []
    )
    for kind in ("experiments", "tuning_curves", "path_lengths", "activation_gains"):
        assert view_figure(kind, "T", kind, {}).figure is None
    assert view_figure("p", "T", "path_lengths", {"length": [0, 1], "paths": ["0", "0"]}).figure is None
