"""The picture of a local search."""

from __future__ import annotations

from apps.charts.climb_figure import climb_figure
from apps.charts.view_figure import view_figure

DATA = {"climb": [1, 1, 2], "id": [0, 4, 9], "fitness": [0.5, 0.7, 0.6], "fitness_metric": "accuracy"}


def test_each_climb_is_a_line_of_its_own() -> None:
    figure = climb_figure("climb", "Climbs", DATA)
    assert figure is not None
    trace = figure.traces["climbs"]
    assert trace["x"] == [0, 4, None, 9]
    assert trace["y"] == [0.5, 0.7, None, 0.6]
    assert trace["connectgaps"] is False


def test_before_the_first_start_there_is_no_picture() -> None:
    empty = {"climb": [], "id": [], "fitness": [], "fitness_metric": "accuracy"}
    assert climb_figure("climb", "Climbs", empty) is None


def test_it_is_what_the_page_draws() -> None:
    drawn = view_figure("climb", "Climbs", "climb", DATA)
    assert drawn.figure is not None
    assert list(drawn.table.rows) == [(1, 0, 0.5), (1, 4, 0.7), (2, 9, 0.6)]
