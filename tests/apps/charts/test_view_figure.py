"""Pictures of a strategy's inside, by kind."""

from __future__ import annotations

from apps.charts.view_figure import view_figure

POPULATION = {
    "id": [4, 5],
    "age": [1, 0],
    "fitness": [0.7, 0.8],
    "objectives": {"accuracy": [0.7, 0.8], "macs": [10.0, 20.0]},
    "fitness_metric": "accuracy",
    "num_entered": 6,
}


def test_a_population_is_points_and_a_table_with_all_its_columns() -> None:
    drawn = view_figure("population", "Population", "population", POPULATION)
    assert drawn.figure is not None
    assert drawn.figure["traces"]["members"]["y"] == [0.7, 0.8]
    assert drawn.figure["layout"]["yaxis"]["title"]["text"] == "Accuracy ↑"
    assert list(drawn.table.columns) == ["id", "age", "fitness", "accuracy", "macs"]
    assert drawn.table.rows[1] == (5, 0, 0.8, 0.8, 20.0)
    assert drawn.table.facts == [("Entered so far", "6")]  # the axis names the metric


def test_an_empty_population_has_no_picture() -> None:
    empty = {"id": [], "age": [], "fitness": [], "objectives": {}, "fitness_metric": "accuracy"}
    assert view_figure("population", "Population", "population", empty).figure is None


def test_a_heatmap_keeps_its_names() -> None:
    drawn = view_figure("ops", "Operations", "heatmap", {"z": [[0.1, 0.9]], "x": ["skip", "conv"], "y": ["edge 1"]})
    assert drawn.figure is not None
    assert drawn.figure["traces"]["heatmap"]["x"] == ["skip", "conv"]
    assert list(drawn.table.columns) == ["", "skip", "conv"]
    assert list(drawn.table.rows) == [("edge 1", 0.1, 0.9)]


def test_a_kind_without_a_picture_of_its_own_is_a_table() -> None:
    drawn = view_figure("rungs", "Rungs", "rungs", {"epochs": [1, 3], "trials": [9, 3]})
    assert drawn.figure is None
    assert list(drawn.table.rows) == [(1, 9), (3, 3)]


def test_columns_of_another_length_are_left_out() -> None:
    drawn = view_figure("odd", "Odd", "table", {"a": [1, 2, 3], "b": [1]})
    assert list(drawn.table.columns) == ["a"]


def test_the_caption_of_a_population_says_who_makes_room() -> None:
    def caption(**changed: str) -> str:
        drawn = view_figure("population", "Population", "population", {**POPULATION, **changed})
        assert drawn.figure is not None
        return str(drawn.figure["caption"])

    assert "oldest" in caption(leaves="oldest")
    assert "worst" in caption(leaves="worst")
    assert "elites" in caption(leaves="generation")
    assert caption() == "Each point is a living member of the population."
