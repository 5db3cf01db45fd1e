"""The picture of fitness over generations."""

from __future__ import annotations

from apps.charts.generations_figure import generations_figure
from apps.charts.view_figure import view_figure

DATA = {
    "generation": [0, 1],
    "best": [0.7, 0.8],
    "mean": [0.5, 0.6],
    "worst": [0.1, 0.2],
    "fitness_metric": "accuracy",
}


def test_best_mean_and_worst_are_lines_told_apart_without_colour() -> None:
    figure = generations_figure("generations", "Fitness", DATA)
    assert figure is not None
    assert [(trace["x"], trace["y"]) for trace in figure.traces.values()] == [
        ([0, 1], [0.7, 0.8]),
        ([0, 1], [0.5, 0.6]),
        ([0, 1], [0.1, 0.2]),
    ]
    assert len({trace["line"]["dash"] for trace in figure.traces.values()}) == 3
    assert figure.layout["yaxis"]["title"]["text"] == "Accuracy ↑"


def test_before_the_first_generation_there_is_no_picture() -> None:
    assert generations_figure("generations", "Fitness", {**DATA, "generation": []}) is None


def test_it_is_what_the_page_draws() -> None:
    drawn = view_figure("generations", "Fitness", "generations", DATA)
    assert drawn.figure is not None
    assert list(drawn.table.rows) == [(0, 0.7, 0.5, 0.1), (1, 0.8, 0.6, 0.2)]
