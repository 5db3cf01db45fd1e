"""The picture of a hyper-parameter search: the objective over each parameter."""

from __future__ import annotations

from typing import Any

from apps.charts.slices_figure import MAX_PLOTS, slices_figure
from apps.charts.view_figure import view_figure
from nas.core.result import Result, ResultStatus
from nas.strategies.hpo import Hpo
from nas.strategies.hpo_config import HpoConfig
from tests.contracts.toys import toy_setup

DATA: dict[str, Any] = {
    "id": [0, 1, 2, 3],
    "ended": ["complete", "pruned", "failed", "complete"],
    "value": [0.5, 0.7, None, 0.9],
    "parameters": {
        "noise": [1, 2, 1, 1],
        "rate": [0.001, 0.01, 0.1, 0.1],
        "optimiser": ["adam", "sgd", "sgd", "sgd"],
        "momentum": [None, 0.5, 0.9, 0.9],
        "same": [3, 3, 3, 3],
    },
    "scales": {
        "noise": "linear",
        "rate": "logarithmic",
        "optimiser": "options",
        "momentum": "linear",
        "same": "linear",
    },
    "metric": "accuracy",
}


def test_each_parameter_that_varies_has_a_plot_the_most_telling_first() -> None:
    figure = slices_figure("slices", "Values", DATA)
    assert figure is not None
    titles = [figure.layout[axis]["title"]["text"] for axis in ("xaxis", "xaxis2", "xaxis3", "xaxis4")]
    assert titles == ["rate", "momentum", "optimiser", "noise"]  # rate and momentum part the three values fully
    assert "xaxis5" not in figure.layout
    assert [figure.layout["xaxis"]["type"], figure.layout["xaxis3"]["type"]] == ["log", "category"]
    assert figure.layout["yaxis2"]["matches"] == "y"


def test_points_stand_where_the_parameter_exists_and_open_where_the_training_was_stopped() -> None:
    figure = slices_figure("slices", "Values", DATA)
    assert figure is not None
    rate, momentum = figure.traces["parameter_0"], figure.traces["parameter_1"]
    assert (rate["x"], rate["y"], rate["customdata"]) == ([0.001, 0.01, 0.1], [0.5, 0.7, 0.9], [0, 1, 3])
    assert rate["marker"]["symbol"] == ["circle", "circle-open", "circle"]
    assert (momentum["x"], momentum["customdata"]) == ([0.5, 0.9], [1, 3])


def test_of_many_parameters_the_most_telling_are_shown() -> None:
    parameters = {f"p{number:02}": [number, number + 1, 0, number] for number in range(30)}
    figure = slices_figure("slices", "Values", {**DATA, "parameters": parameters, "scales": {}})
    assert figure is not None
    assert len(figure.traces) == MAX_PLOTS
    assert str(MAX_PLOTS) in figure.caption


def test_without_results_there_is_a_table_only() -> None:
    assert slices_figure("slices", "Values", {}) is None
    assert slices_figure("slices", "Values", {**DATA, "value": [None] * 4}) is None
    assert slices_figure("slices", "Values", {**DATA, "parameters": {"same": [3, 3, 3, 3]}}) is None


def test_a_search_is_drawn() -> None:
    search = Hpo(HpoConfig(), toy_setup(num_bits=5))
    for proposal in search.ask(9):
        accuracy = (proposal.genotype or {})["bits"].count("1") / 5
        search.tell(proposal.id, Result(proposal.id, ResultStatus.COMPLETED, {"accuracy": accuracy}))
    (view,) = search.views()
    drawn = view_figure(view.name, view.title, view.kind, view.data)
    assert drawn.figure is not None
    assert len(drawn.figure["traces"]) >= 4
    assert {"id", "ended", "value", "bits.0"} <= set(drawn.table.columns)
    assert len(drawn.table.rows) == 9
