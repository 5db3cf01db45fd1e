"""The pictures of Once-for-All."""

from __future__ import annotations

from apps.charts.once_for_all_figures import phases_figure, specialising_figure
from apps.charts.view_figure import view_figure

PHASES = {
    "epoch": [1, 2, 3],
    "phase": ["full", "full", "kernel"],
    "smallest": [0.1, 0.1, 0.2],
    "middle": [0.1, 0.2, 0.3],
    "largest": [0.8, 0.9, 0.9],
}
EVOLUTIONS = {
    "device": [1, 1, 2],
    "limit": ["5 ms", "5 ms", "2 ms"],
    "generation": [0, 1, 0],
    "best": [0.7, 0.8, 0.6],
}


def test_each_size_has_a_line_and_each_phase_begins_where_its_first_epoch_does() -> None:
    figure = phases_figure("phases", "Phases", PHASES)
    assert figure is not None
    assert {name: trace["y"] for name, trace in figure.traces.items()} == {
        name: PHASES[name] for name in ("largest", "middle", "smallest")
    }
    assert [(mark["text"], mark["x"]) for mark in figure.layout["annotations"]] == [("full", 0.5), ("kernels", 2.5)]
    assert [shape["x0"] for shape in figure.layout["shapes"]] == [2.5]


def test_each_device_has_a_line_that_names_its_limit() -> None:
    figure = specialising_figure("specialising", "Specialising", EVOLUTIONS)
    assert figure is not None
    first, second = figure.traces.values()
    assert (first["name"], first["x"], first["y"]) == ("At most 5 ms", [0, 1], [0.7, 0.8])
    assert (second["name"], second["y"]) == ("At most 2 ms", [0.6])
    assert first["line"]["color"] != second["line"]["color"]


def test_they_are_drawn_by_the_kind_of_the_view() -> None:
    for kind, data in (("phases", PHASES), ("specialising", EVOLUTIONS)):
        assert view_figure(kind, "Title", kind, data).figure is not None
        assert view_figure(kind, "Title", kind, {key: [] for key in data}).figure is None
