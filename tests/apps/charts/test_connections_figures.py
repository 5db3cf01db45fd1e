"""Pictures of searched connections: the matrix with what changed, fronts over generations, degrees and paths."""

from __future__ import annotations

from typing import Any

from apps.charts.view_figure import view_figure
from nas.strategies.connection_views import fronts_view, matrix_view, structure_view


def drawn(view: Any) -> dict[str, Any]:
    shown = view_figure(view.name, view.title, view.kind, view.data)
    assert shown.figure is not None
    return shown.figure


def test_kept_new_and_gone_edges_differ_by_shape_and_lie_where_they_lead() -> None:
    traces = drawn(matrix_view([[0, 1, -1], [0, 0, 2], [0, 0, 0]]))["traces"]
    assert {role: (trace["y"], trace["x"]) for role, trace in traces.items()} == {
        "kept": ([0], [1]),
        "new": ([1], [2]),
        "gone": ([0], [2]),
    }
    assert len({trace["marker"]["symbol"] for trace in traces.values()}) == 3


def test_fronts_of_the_last_generation_come_first_and_few_are_drawn() -> None:
    past = [{"step": step, "front": [[0.9, 5], [0.7, 2]]} for step in range(1, 21)]
    figure = drawn(fronts_view(past, "accuracy"))
    assert list(figure["traces"]) == [f"generation_{step}" for step in (20, 16, 12, 8, 4)]
    assert figure["traces"]["generation_20"]["x"] == [2, 5]
    assert figure["traces"]["generation_20"]["y"] == [0.7, 0.9]


def test_a_score_that_is_minimised_is_shown_as_it_is() -> None:
    figure = drawn(fronts_view([{"step": 1, "front": [[-3.5, 4]]}], "error_percent"))
    assert figure["traces"]["generation_1"]["y"] == [3.5]


def test_degrees_and_shares_of_paths() -> None:
    degrees = {"in": {"histogram": [[0, 1], [2, 3]]}, "out": {"histogram": [[1, 4]]}}
    paths = {
        "depth": 4,
        "width": 2,
        "total_paths": "4",
        "num_paths": [{"length": 3, "count": "1"}, {"length": 4, "count": "3"}],
        "mean_length": 3.75,
        "std_length": 0.4,
    }
    traces = drawn(structure_view(degrees, paths))["traces"]
    assert (traces["in_degree"]["x"], traces["in_degree"]["y"]) == ([0, 2], [1, 3])
    assert (traces["out_degree"]["x"], traces["out_degree"]["y"]) == ([1], [4])
    assert traces["path_length"]["y"] == [0.25, 0.75]


def test_nothing_is_drawn_of_nothing() -> None:
    for kind, data in (
        ("connection_matrix", {}),
        ("edge_fronts", {"metric": "accuracy"}),
        ("connection_structure", {}),
    ):
        assert view_figure("x", "X", kind, data).figure is None
