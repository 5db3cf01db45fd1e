"""The picture of progressive dynamic hurdles."""

from __future__ import annotations

from apps.charts.hurdles_figure import hurdles_figure
from apps.charts.view_figure import view_figure
from nas.strategies.hurdles import Hurdles, HurdlesConfig
from tests.contracts.toys import toy_setup
from tests.nas.strategies.races import one, tell

DATA = {
    "order": [0, 1, 2, 3],
    "id": [0, 1, 2, 3],
    "candidate": [0, 1, 2, 2],
    "stage": [0, 0, 0, 1],
    "epochs": [1, 1, 1, 3],
    "value": [0.5, None, 0.7, 0.8],
    "hurdle": [None, None, 0.5, None],
    "passed": [False, False, True, False],
    "made": {"made_value": [0.5], "made_after": [1], "made_epochs": [1]},
    "metric": "accuracy",
}


def test_each_stage_has_its_colour_and_each_hurdle_a_line_from_where_it_was_made() -> None:
    figure = hurdles_figure("hurdles", "Hurdles", DATA)
    assert figure is not None
    assert list(figure.traces) == ["stage_0", "stage_1", "hurdle_0"]
    first, second, hurdle = figure.traces.values()
    assert (first["x"], first["y"], first["customdata"]) == ([0, 2], [0.5, 0.7], [0, 2])  # the failed one has no point
    assert first["marker"]["symbol"] == ["circle-open", "circle"]
    assert (first["name"], second["name"]) == ("After 1 epoch", "After 3 epochs")
    assert (hurdle["x"], hurdle["y"]) == ([1, 4], [0.5, 0.5])
    assert hurdle["line"]["color"] == first["marker"]["color"] != second["marker"]["color"]


def test_a_hurdle_made_before_what_is_shown_begins_at_its_left() -> None:
    figure = hurdles_figure("hurdles", "Hurdles", {**DATA, "order": [40, 41, 42, 43]})
    assert figure is not None
    assert figure.traces["hurdle_0"]["x"] == [40, 44]


def test_without_results_there_is_no_picture() -> None:
    assert hurdles_figure("hurdles", "Hurdles", {**DATA, "value": [None] * 4}) is None
    assert hurdles_figure("hurdles", "Hurdles", {}) is None


def test_a_real_search_is_drawn_and_tabled() -> None:
    chosen = {"population_size": 4, "sample_size": 2, "increments": (1, 2), "children_per_hurdle": 2}
    race = Hurdles(HurdlesConfig.parse(chosen), toy_setup())
    for place in range(10):
        tell(race, one(race), place / 10)
    drawn = view_figure("hurdles", "Hurdles", "hurdles", race.views()[0].data)
    assert drawn.figure is not None
    assert set(drawn.figure["traces"]) == {"stage_0", "stage_1", "hurdle_0"}
    assert list(drawn.table.columns) == [
        "order", "id", "candidate", "stage", "value", "hurdle", "passed", "epochs",
    ]  # fmt: skip
    assert len(drawn.table.rows) == 10
