"""The picture of a population by front."""

from __future__ import annotations

from apps.charts.fronts_figure import fronts_figure
from apps.charts.view_figure import view_figure

DATA = {
    "id": [7, 3, 5, 4],
    "front": [1, 1, 2, 9],
    "crowding": [None, None, None, None],
    "objectives": {"accuracy": [0.9, 0.5, 0.8, 0.1], "macs": [90.0, 10.0, 95.0, 99.0]},
    "generation": 3,
}


def test_two_objectives_are_lines_by_front_and_the_late_ones_share_a_look() -> None:
    figure = fronts_figure("fronts", "Fronts", DATA)
    assert figure is not None
    assert list(figure.traces) == ["front_1", "front_2", "front_3", "front_4"]
    first = figure.traces["front_1"]
    assert (first["x"], first["y"], first["customdata"]) == ([10.0, 90.0], [0.5, 0.9], [3, 7])
    assert first["mode"] == "lines+markers"
    assert figure.traces["front_3"]["x"] == []
    late = figure.traces["front_4"]
    assert (late["x"], late["mode"], late["name"]) == ([99.0], "markers", "Later fronts")
    assert figure.layout["yaxis"]["title"]["text"] == "Accuracy ↑"
    assert len({trace["marker"]["symbol"] for trace in figure.traces.values()}) == 4  # colour is not the only sign


def test_with_one_objective_its_values_stand_over_the_fronts() -> None:
    figure = fronts_figure("fronts", "Fronts", {**DATA, "objectives": {"accuracy": [0.9, 0.9, 0.8, 0.1]}})
    assert figure is not None
    assert figure.traces["front_1"]["x"] == [1, 1]
    assert figure.traces["front_2"]["mode"] == "markers"


def test_without_members_there_is_no_picture() -> None:
    empty = {"id": [], "front": [], "objectives": {"accuracy": []}}
    assert fronts_figure("fronts", "Fronts", empty) is None


def test_it_is_what_the_page_draws_and_its_table_has_all_columns() -> None:
    drawn = view_figure("fronts", "Fronts", "fronts", DATA)
    assert drawn.figure is not None
    assert list(drawn.table.columns) == ["id", "front", "crowding", "accuracy", "macs"]
    assert drawn.table.facts == [("Generation", "3")]


def test_who_was_drawn_from_what_was_learnt_is_filled_and_said_so() -> None:
    phases = {"phase": ["explore", "exploit", "exploit", "explore"], "search_phase": "exploit"}
    figure = fronts_figure("fronts", "Fronts", {**DATA, **phases})
    assert figure is not None
    by_id = {
        number: symbol
        for trace in figure.traces.values()
        for number, symbol in zip(trace["customdata"], trace["marker"]["symbol"], strict=False)
        if not isinstance(trace["marker"]["symbol"], str)
    }
    shown = dict(zip(DATA["id"], phases["phase"], strict=True))
    assert by_id
    assert all(symbol.endswith("-open") == (shown[number] == "explore") for number, symbol in by_id.items())
    assert "learnt" in figure.caption
    plain = fronts_figure("fronts", "Fronts", DATA)
    assert plain is not None
    assert "learnt" not in plain.caption
