"""The fitness of a population as bars."""

from __future__ import annotations

from apps.charts.view_figure import view_figure


def test_each_bin_is_a_bar_as_wide_as_it_is() -> None:
    data = {"from_fitness": [0.0, 0.5], "to_fitness": [0.5, 1.0], "programs": [3, 97]}
    shown = view_figure("population_fitness", "Fitness in the populations", "fitness_histogram", data)
    assert shown.figure is not None
    bars = shown.figure["traces"]["programs"]
    assert (bars["x"], bars["y"], bars["width"]) == ([0.25, 0.75], [3, 97], [0.5, 0.5])
    assert len(shown.table.rows) == 2


def test_nothing_is_drawn_before_there_is_a_population() -> None:
    data = {"from_fitness": [], "to_fitness": [], "programs": []}
    assert view_figure("population_fitness", "Fitness", "fitness_histogram", data).figure is None
