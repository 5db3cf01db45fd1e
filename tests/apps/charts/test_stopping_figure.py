"""The picture of median stopping."""

from __future__ import annotations

from apps.charts.stopping_figure import stopping_figure
from apps.charts.view_figure import view_figure
from nas.strategies.median_stopping import MedianStopping, MedianStoppingConfig
from tests.contracts.toys import toy_setup
from tests.nas.strategies.races import one, tell

DATA = {
    "candidate": [0, 0, 2, 2, 4, 5],
    "ended": ["whole", "whole", "whole", "whole", "stopped", "running"],
    "epochs": [1, 2, 1, 2, 1, 1],
    "best": [0.5, 0.6, 0.4, 0.7, 0.1, 0.9],
    "median": {"at": [1, 2], "value": [0.45, 0.55]},
    "metric": "accuracy",
}


def test_curves_by_what_became_of_them_and_the_median_over_them() -> None:
    figure = stopping_figure("stopping", "Stopped and kept", DATA)
    assert figure is not None
    assert list(figure.traces) == ["stopped", "whole", "running", "median"]
    whole = figure.traces["whole"]
    assert whole["x"] == [1, 2, None, 1, 2]
    assert whole["y"] == [0.5, 0.6, None, 0.4, 0.7]
    assert whole["customdata"] == [0, 0, None, 2, 2]
    assert figure.traces["stopped"]["y"] == [0.1]
    assert figure.traces["median"]["y"] == [0.45, 0.55]


def test_without_results_or_medians() -> None:
    assert stopping_figure("stopping", "Stopped and kept", {}) is None
    figure = stopping_figure("stopping", "Stopped and kept", {**DATA, "median": {"at": [], "value": []}})
    assert figure is not None
    assert "median" not in figure.traces


def test_a_race_is_drawn() -> None:
    config = MedianStoppingConfig(check_every=1, max_epochs=2, num_startup=1)
    race = MedianStopping(config, toy_setup())
    for accuracy in (0.5, 0.6, 0.1):  # the first to the end, the second stopped at once
        tell(race, one(race), accuracy)
    (view, *_) = race.views()
    drawn = view_figure(view.name, view.title, view.kind, view.data)
    assert drawn.figure is not None
    assert set(drawn.figure["traces"]) == {"whole", "stopped", "median"}
    assert [tuple(row) for row in drawn.table.rows] == [
        (0, "whole", 1, 0.5),
        (0, "whole", 2, 0.6),
        (2, "stopped", 1, 0.1),
    ]
