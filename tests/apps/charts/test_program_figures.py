"""The fitness of a population as bars, and what the lines of a program are worth."""

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


REMOVALS = {
    "part": ["S1  s2 = 0.1", "All of Learn"],
    "instruction": ["s2 = 0.1", "s3 = s0 - s1; v1 = v1 + v2"],
    "fitness": [0.95, 0.25],
    "tuned_fitness": [0.98, 0.28],
    "loss": [0.03, 0.73],
    "loss_when_tuned": [0.01, 0.71],
    "whole_fitness": 0.98,
    "whole_tuned_fitness": 0.99,
    "num_trials": 100,
    "num_tasks": 20,
}


def test_each_part_of_a_program_has_a_pair_of_bars_the_first_line_on_top() -> None:
    shown = view_figure("removals", "What each line is worth", "program_removals", REMOVALS)
    assert shown.figure is not None
    as_found, tuned = shown.figure["traces"]["loss"], shown.figure["traces"]["loss_when_tuned"]
    assert (as_found["x"], tuned["x"]) == ([0.03, 0.73], [0.01, 0.71])
    assert as_found["y"] == tuned["y"] == REMOVALS["part"]
    assert {as_found["orientation"], tuned["orientation"]} == {"h"}
    assert shown.figure["layout"]["yaxis"]["autorange"] == "reversed"
    assert (
        "0.9800, and 0.9900 after 100 trials" in shown.figure["caption"]
        and "20 of the tasks" in shown.figure["caption"]
    )
    assert shown.table.facts == [] and len(shown.table.rows) == 2
    longer = {**REMOVALS, "part": ["S1"] * 9, "instruction": [""] * 9, "loss": [0.0] * 9, "loss_when_tuned": [0.0] * 9}
    taller = view_figure("removals", "What each line is worth", "program_removals", longer)
    assert taller.figure is not None
    assert taller.figure["settings"]["height"] > shown.figure["settings"]["height"]
    assert view_figure("removals", "What each line is worth", "program_removals", {"part": []}).figure is None
