"""Pictures of a strategy's inside, by the kind of its View; a kind without a picture of its own is a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.charts.climb_figure import climb_figure
from apps.charts.compact import compact
from apps.charts.connections_figures import connection_matrix_figure, connection_structure_figure, edge_fronts_figure
from apps.charts.controller_figures import learning_figure, policy_figure
from apps.charts.figure import Axis, Figure, Json
from apps.charts.fronts_figure import fronts_figure
from apps.charts.generations_figure import generations_figure
from apps.charts.grid_figure import grid_figure
from apps.charts.hurdles_figure import hurdles_figure
from apps.charts.hypotheses_figure import hypotheses_figure
from apps.charts.island_figures import island_columns, island_curves_figure
from apps.charts.levels_figure import levels_figure
from apps.charts.objective_axis import objective_axis
from apps.charts.once_for_all_figures import phases_figure, specialising_figure
from apps.charts.program_figures import fitness_histogram_figure, program_removals_figure
from apps.charts.removal_figure import removal_figure
from apps.charts.rungs_figure import rungs_figure
from apps.charts.shared_score_figures import rank_correlation_figure, shared_candidates_figure
from apps.charts.shared_search_figure import shared_search_figure
from apps.charts.slices_figure import slices_figure
from apps.charts.stopping_figure import stopping_figure
from apps.charts.supernet_figures import (
    decided_columns,
    decisiveness_figure,
    expected_cost_figure,
    supernet_curves_figure,
    supernet_memory_figure,
    trained_options_figure,
)
from apps.charts.surrogate_figures import candidate_columns, predictions_figure, surrogate_figure
from apps.charts.wann_experiment_figures import (
    activation_gains_figure,
    experiments_figure,
    path_lengths_figure,
    tuning_curves_figure,
)
from apps.charts.wann_figures import activation_shares_figure, shared_weights_figure, topologies_figure
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS

_SAID_BY_THE_PICTURE = frozenset(
    {
        "also_varied",
        "correlations",
        "counted",
        "degree_of",
        "epoch",
        "fewest",
        "fitness_metric",
        "kendall_tau",
        "leaves",
        "metric",
        "num_pairs",
        "num_scored",
        "num_tasks",
        "num_trials",
        "rank_correlation",
        "whole_accuracy",
        "whole_fitness",
        "whole_tuned_fitness",
    }
)


@dataclass(frozen=True, slots=True)
class ViewTable:
    """Columns of a view as rows; `facts` are the single numbers beside them, as label and text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    facts: Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class ViewFigure:
    """A view's figure with its points in it (None where a table says more), and its numbers as a table."""

    figure: Json | None
    table: ViewTable


def view_figure(name: str, title: str, kind: str, data: Mapping[str, Any]) -> ViewFigure:
    in_columns = {"decisiveness": decided_columns, "island_curves": island_columns, "surrogate": candidate_columns}
    columns = in_columns.get(kind, dict)(data)
    table = _grid(data) if kind in ("activation_shares", "connection_matrix", "heatmap") else _table(columns)
    kinds = {
        "activation_gains": activation_gains_figure,
        "activation_shares": activation_shares_figure,
        "climb": climb_figure,
        "connection_matrix": connection_matrix_figure,
        "connection_structure": connection_structure_figure,
        "decisiveness": decisiveness_figure,
        "edge_fronts": edge_fronts_figure,
        "expected_cost": expected_cost_figure,
        "experiments": experiments_figure,
        "fitness_histogram": fitness_histogram_figure,
        "fronts": fronts_figure,
        "generations": generations_figure,
        "grid": grid_figure,
        "heatmap": _heatmap,
        "hurdles": hurdles_figure,
        "hypotheses": hypotheses_figure,
        "island_curves": island_curves_figure,
        "learning": learning_figure,
        "levels": levels_figure,
        "path_lengths": path_lengths_figure,
        "phases": phases_figure,
        "policy": policy_figure,
        "population": _population,
        "predictions": predictions_figure,
        "program_removals": program_removals_figure,
        "rank_correlation": rank_correlation_figure,
        "removal": removal_figure,
        "rungs": rungs_figure,
        "shared_candidates": shared_candidates_figure,
        "shared_search": shared_search_figure,
        "shared_weights": shared_weights_figure,
        "slices": slices_figure,
        "specialising": specialising_figure,
        "stopping": stopping_figure,
        "supernet_curves": supernet_curves_figure,
        "supernet_memory": supernet_memory_figure,
        "surrogate": surrogate_figure,
        "topologies": topologies_figure,
        "trained_options": trained_options_figure,
        "tuning_curves": tuning_curves_figure,
    }
    draw = kinds.get(kind)
    figure = draw(name, title, data) if draw is not None else None
    shown = ViewTable(table.columns, table.rows, _facts_in_words(table.facts, is_drawn=figure is not None))
    return ViewFigure(figure.as_json() if figure is not None else None, shown)


def _facts_in_words(facts: Sequence[tuple[str, Any]], *, is_drawn: bool) -> list[tuple[str, str]]:
    """Label and text of each fact that the picture does not say already: its axes name the metric."""
    labels = {
        "batches_per_update": _("Batches per update"),
        "controllers": _("Controllers"),
        "fitness_as_found": _("Fitness as found"),
        "fitness_when_tuned": _("Fitness when tuned"),
        "deviation_of_lengths": _("Standard deviation of lengths"),
        "entropy_of_lengths": _("Entropy of lengths (bits)"),
        "generation": _("Generation"),
        "learning_rate": _("Learning rate"),
        "mean_length": _("Mean length of a path"),
        "num_entered": _("Entered so far"),
        "num_taught": _("Networks that the model learned from"),
        "population_size": _("Population size"),
        "proposal": _("Proposal that was chosen"),
        "published_learning_rate": _("Learning rate of the paper"),
        "rmse": _("Root of the mean squared error"),
        "search_phase": _("Phase"),
        "share_within": _("Share of results inside their interval"),
        "signal_ratio": _("Signal of first to last layer"),
        "trials_of_tuning": _("Trials of tuning"),
        "tried_neighbours": _("Neighbours tried since the last move"),
        "updates": _("Updates so far"),
    }
    kept = [(key, value) for key, value in facts if not (is_drawn and key in _SAID_BY_THE_PICTURE)]
    return [(labels.get(key) or key.replace("_", " ").capitalize(), _fact_text(value)) for key, value in kept]


def _fact_text(value: object) -> str:
    if isinstance(value, float):
        return compact(value)
    if isinstance(value, str):
        return _(value.replace("_", " "))
    if isinstance(value, int):
        return number_format(value, 0, force_grouping=True)
    return "–" if value is None else str(value)


def _heatmap(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """`z`: rows of numbers; `x`, `y`: the names of columns and rows."""
    if not data.get("z"):
        return None
    trace: Json = {
        "type": "heatmap",
        "z": data["z"],
        "colorscale": [[0, "var(--heat-low)"], [1, "var(--heat-high)"]],
        "colorbar": {"thickness": 10, "outlinewidth": 0},
        "xgap": 1,
        "ygap": 1,
    }
    trace |= {axis: data[axis] for axis in ("x", "y") if axis in data}
    layout = {"xaxis": {"showgrid": False}, "yaxis": {"showgrid": False, "autorange": "reversed"}}
    return Figure(f"view_{name}", _(title), "", "", {"heatmap": trace}, layout)


def _population(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Fitness of the living over their age."""
    metric = METRICS.get(str(data.get("fitness_metric", "")))
    if metric is None or not data.get("fitness"):
        return None
    objective = ObjectiveInfo(
        metric=metric.name, title=metric.title, unit=metric.unit, direction=metric.direction.value, is_log=metric.is_log
    )
    trace: Json = {
        "type": "scatter",
        "mode": "markers",
        "x": data["age"],
        "y": data["fitness"],
        "marker": {"size": 8, "color": "var(--data-1)", "opacity": 0.75},
        "hovertemplate": "%{x}, %{y:.4~g}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": {**Axis(_("Age (results since it entered)")).as_plotly(), "autorange": "reversed"},
        "yaxis": objective_axis(objective).as_plotly(),
        "hovermode": "closest",
    }
    who_leaves = {
        "oldest": _("Each point is a living member of the population. The oldest, at the left, die first."),
        "worst": _("Each point is a living member of the population. The worst of a sample makes room for a child."),
        "generation": _(
            "Each point is a member of the present generation; elites, which live on unchanged, stand left."
        ),
    }
    caption = who_leaves.get(str(data.get("leaves")), _("Each point is a living member of the population."))
    return Figure(f"view_{name}", _(title), caption, "", {"members": trace}, layout)


def _grid(data: Mapping[str, Any]) -> ViewTable:
    """The numbers of a heatmap, a row for each of its rows."""
    z = data.get("z", [])
    columns = data.get("x") or [str(place + 1) for place in range(max(map(len, z), default=0))]
    names = data.get("y") or [str(place + 1) for place in range(len(z))]
    return ViewTable(["", *columns], [(name, *row) for name, row in zip(names, z, strict=False)], [])


def _table(data: Mapping[str, Any]) -> ViewTable:
    """Every list of plain values is a column, also one level down; what is no list is a fact."""
    columns: dict[str, list[Any]] = {}
    facts: list[tuple[str, Any]] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            columns |= {inner: list(column) for inner, column in value.items() if _is_column(column)}
        elif _is_column(value):
            columns[key] = list(value)
        elif not isinstance(value, list):
            facts.append((key, value))
    length = max(map(len, columns.values()), default=0)
    columns = {key: column for key, column in columns.items() if len(column) == length}
    return ViewTable(list(columns), list(zip(*columns.values(), strict=True)), facts)


def _is_column(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(inner, (list, Mapping)) for inner in value)
