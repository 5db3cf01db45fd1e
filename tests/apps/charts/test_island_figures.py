"""Pictures of searches on islands: a panel per metric, a line per island, and what grew under a slider."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from apps.charts.growth import growth
from apps.charts.view_figure import view_figure

CURVES: dict[str, Any] = {
    "metrics": [{"name": "accuracy", "title": "Accuracy"}, {"name": "best_fitness", "title": "Best fitness"}]
    + [{"name": f"m{number}", "title": f"M {number}"} for number in range(4)],
    "islands": [
        {"step": [1, 2], "candidates": [10, 20], "accuracy": [0.5, None], "best_fitness": [1.0, 2.0], "m0": [0, 1]},
        {"step": [1], "candidates": [11], "accuracy": [0.4], "best_fitness": [1.5]},
        {"step": [], "candidates": []},
    ],
}


def test_curves_have_a_panel_per_metric_and_a_line_per_island() -> None:
    shown = view_figure("island_curves", "Islands over time", "island_curves", CURVES)
    assert shown.figure is not None
    traces, layout = shown.figure["traces"], shown.figure["layout"]
    assert list(traces) == ["accuracy_0", "accuracy_1", "best_fitness_0", "best_fitness_1", "m0_0"]
    assert [traces[name]["yaxis"] for name in traces] == ["y", "y", "y2", "y2", "y3"]
    assert [traces[name]["showlegend"] for name in traces] == [True, True, False, False, False]
    assert traces["accuracy_1"]["x"] == [11]
    domains = [layout[name]["domain"] for name in ("yaxis", "yaxis2", "yaxis3")]
    assert all(low < high for low, high in domains)
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert shown.table.columns[:3] == ["island", "step", "candidates"]
    assert [list(row)[:4] for row in shown.table.rows] == [[1, 1, 10, 0.5], [1, 2, 20, None], [2, 1, 11, 0.4]]


def test_one_island_needs_no_legend_and_none_no_picture_of_lines() -> None:
    alone = view_figure("c", "C", "island_curves", {**CURVES, "islands": CURVES["islands"][:1]}).figure
    assert alone is not None
    assert not any(trace["showlegend"] for trace in alone["traces"].values())
    empty = view_figure("c", "C", "island_curves", {"metrics": [], "islands": [{"step": [], "candidates": []}]}).figure
    assert empty is not None
    assert empty["traces"] == {}


def test_what_grew_shows_its_last_step() -> None:
    data = {
        "step_title": "Generation",
        "step": [2, 4],
        "genotypes": [{"edges": [0]}, {"edges": [1]}],
        "genotype": [1, None],
        "facts": [["Fitness", [0.1, 0.2]]],
        "lines": [[["a", ""]], [["b", "new"]]],
        "caption": "What it is.",
    }
    grown = growth(data)
    assert grown is not None
    assert (grown.step, grown.num_steps, grown.drawing, grown.has_drawings) == (4, 2, "", True)
    assert grown.facts == [("Fitness", 0.2)]
    assert grown.lines == [["b", "new"]]
    assert grown.data["drawing"][0]
    assert growth({"step_title": "Step", "step": []}) is None
    bare = growth({"step_title": "Step", "step": [1]})
    assert bare is not None
    assert not bare.has_drawings
    assert not bare.has_lines
