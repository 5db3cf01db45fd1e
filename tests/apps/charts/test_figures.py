"""The skeletons that the browser fills in. Stored beside the TypeScript that reads them, so both sides test the same files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.charts.error_distribution import error_distribution
from apps.charts.figure import Figure
from apps.charts.pareto_front import pareto_front
from apps.charts.progress import progress
from apps.charts.trial_curve import trial_curve
from apps.live.snapshot_schema import ObjectiveInfo

STORED = Path(__file__).parents[3] / "frontend" / "src" / "charts" / "testdata"
ACCURACY = ObjectiveInfo(metric="accuracy", title="Accuracy", unit="", direction="maximise", is_log=False)
ERROR = ObjectiveInfo(metric="error_percent", title="Error", unit="%", direction="minimise", is_log=False)
MACS = ObjectiveInfo(metric="macs", title="MACs", unit="", direction="minimise", is_log=True)
LATENCY = ObjectiveInfo(metric="latency_ms", title="Latency", unit="ms", direction="minimise", is_log=True)

FIGURES = {
    "pareto_front": pareto_front([ACCURACY, MACS]),
    "pareto_front_one": pareto_front([ACCURACY]),
    "progress": progress([ACCURACY, MACS], [0.0, 5e6]),
    "progress_one": progress([ACCURACY], [0.0]),
    "progress_bands": progress([ACCURACY, MACS], [0.0, 5e6], is_banded=True),
    "pareto_front_baseline": pareto_front([ACCURACY, MACS], baseline=True),
    "error_distribution": error_distribution([ACCURACY, MACS]),
    "trial_curve": trial_curve(has_epochs=True),
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_stored_skeleton_is_what_the_server_sends(name: str) -> None:
    stored = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    assert FIGURES[name].as_json() == stored


def test_axes_say_name_unit_and_what_is_better() -> None:
    figure = pareto_front([ERROR, LATENCY])
    assert _title(figure, "yaxis") == "Error (%) ↓"
    assert _title(figure, "xaxis") == "Latency (ms) ↓"
    assert figure.layout["xaxis"]["type"] == "log"
    assert "type" not in figure.layout["yaxis"]


def test_one_objective_is_drawn_over_the_order_of_trials() -> None:
    figure = pareto_front([ACCURACY])
    assert (figure.settings["x"], figure.settings["y"]) == (None, 0)
    assert _title(figure, "xaxis") == "Trial"


def test_steps_turn_the_other_way_when_more_is_better_across() -> None:
    assert pareto_front([MACS, ACCURACY]).traces["front"]["line"]["shape"] == "vh"
    assert pareto_front([ACCURACY, MACS]).traces["front"]["line"]["shape"] == "hv"


def test_a_projection_of_three_objectives_has_no_staircase() -> None:
    assert pareto_front([ACCURACY, MACS, LATENCY], x=2).traces["front"]["mode"] == "markers"


def test_single_seeds_are_not_called_medians() -> None:
    assert "medians" in progress([ACCURACY], [0.0], is_banded=True).caption
    assert "medians" not in progress([ACCURACY], [0.0], is_banded=True, has_seeds=False).caption


def test_hypervolume_of_one_objective_is_left_out() -> None:
    assert set(progress([ACCURACY], [0.0]).traces) == {"best", "changes"}


def test_a_reference_point_that_is_not_known_yet_is_a_dash() -> None:
    assert "(0, –)" in progress([ACCURACY, LATENCY], [0.0, None]).caption


def test_the_distribution_looks_at_the_first_objective_that_measures_quality() -> None:
    assert error_distribution([MACS, ACCURACY]).settings["objective"] == 1
    costs = error_distribution([MACS]).settings
    assert (costs["objective"], costs["as_error_percent"], costs["maximise"]) == (0, False, False)


def test_only_the_worse_end_of_a_linear_axis_may_be_cut_off() -> None:
    assert pareto_front([ACCURACY, MACS]).settings["focus"] == {"xaxis": None, "yaxis": "low"}
    assert pareto_front([ACCURACY, ERROR]).settings["focus"] == {"xaxis": "high", "yaxis": "low"}
    assert pareto_front([ACCURACY]).settings["focus"] == {"xaxis": None, "yaxis": "low"}
    assert error_distribution([ACCURACY]).settings["focus"] == {"xaxis": "high"}  # as an error


def test_a_learning_curve_draws_quality_and_names_the_rest() -> None:
    settings = trial_curve(has_epochs=True).settings
    drawn = [metric for panel in settings["panels"] for metric in panel["metrics"]]
    assert drawn == ["accuracy", "auprc", "fitness", "loss", "train_loss"]
    assert set(drawn) < set(settings["titles"])


def test_a_curve_says_epoch_only_where_its_steps_are_epochs() -> None:
    assert _title(trial_curve(has_epochs=True), "xaxis") == trial_curve(has_epochs=True).texts["step"] == "Epoch"
    assert _title(trial_curve(has_epochs=False), "xaxis") == trial_curve(has_epochs=False).texts["step"] == "Step"


def _title(figure: Figure, axis: str) -> str:
    return str(figure.layout[axis]["title"]["text"])
