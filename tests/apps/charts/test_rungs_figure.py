"""The picture of rungs and brackets."""

from __future__ import annotations

from apps.charts.rungs_figure import rungs_figure
from apps.charts.view_figure import view_figure
from tests.nas.strategies.races import hyperband, one, tell

DATA = {
    "id": [0, 1, 2, 3, 4],
    "bracket": [0, 0, 0, 0, 1],
    "rung": [0, 0, 0, 1, 1],
    "epochs": [1, 1, 1, 3, 3],
    "value": [0.5, 0.7, None, 0.8, 0.6],
    "promoted": [False, True, False, False, False],
    "candidate": [0, 1, 2, 1, 4],
    "metric": "accuracy",
}


def test_a_line_leads_each_candidate_up_its_rungs() -> None:
    figure = rungs_figure("rungs", "Rungs", DATA)
    assert figure is not None
    assert list(figure.traces) == ["bracket_0", "bracket_1"]
    first = figure.traces["bracket_0"]
    assert first["x"] == [1, None, 1, 3]  # the failed one has no point
    assert first["y"] == [0.5, None, 0.7, 0.8]
    assert first["customdata"] == [0, None, 1, 3]
    assert [first["marker"]["symbol"][place] for place in (0, 2, 3)] == ["circle-open", "circle", "circle-open"]
    assert figure.traces["bracket_1"]["name"] == "Bracket 2"
    assert figure.layout["xaxis"]["tickvals"] == [1, 3]
    assert figure.layout["yaxis"]["title"]["text"] == "Accuracy ↑"


def test_one_bracket_needs_no_legend() -> None:
    figure = rungs_figure("rungs", "Rungs", {**DATA, "bracket": [0] * 5})
    assert figure is not None
    assert figure.traces["bracket_0"]["showlegend"] is False


def test_without_results_there_is_no_picture() -> None:
    assert rungs_figure("rungs", "Rungs", {**DATA, "value": [None] * 5}) is None
    assert rungs_figure("rungs", "Rungs", {}) is None


def test_a_real_race_is_drawn_and_tabled() -> None:
    race = hyperband(max_epochs=9)
    for _ in range(13):
        proposal = one(race)
        tell(race, proposal, 1 / (1 + proposal.id))
    view = race.views()[0]
    drawn = view_figure(view.name, view.title, view.kind, view.data)
    assert drawn.figure is not None
    assert list(drawn.table.columns) == ["id", "bracket", "rung", "epochs", "value", "promoted", "candidate"]
    assert len(drawn.table.rows) == 13
    assert sum(row[5] for row in drawn.table.rows) == 4  # 9 → 3 → 1
