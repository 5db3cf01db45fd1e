"""Searched connections: the matrix of the best with what changed, fronts over generations, degrees and paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.counted_axis import whole_ticks
from apps.charts.figure import PERCENT, Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS, Direction

_MOST_FRONTS = 6


def connection_matrix_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A mark for each edge, by shape and colour: as in the random ancestor, new, gone."""
    matrix = data.get("z")
    if not matrix:
        return None
    looks = (
        (1, "kept", _("As in its random ancestor"), "square", "var(--data-1)"),
        (2, "new", _("New"), "diamond", "var(--data-2)"),
        (-1, "gone", _("Gone"), "x-thin-open", "var(--data-faint)"),
    )
    traces: dict[str, Json] = {}
    for value, role, label, symbol, colour in looks:
        found = [(i, j) for i, row in enumerate(matrix) for j, entry in enumerate(row) if entry == value]
        traces[role] = {
            "type": "scatter",
            "mode": "markers",
            "name": label,
            "x": [j for _i, j in found],
            "y": [i for i, _j in found],
            "marker": {"size": 10, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
            "hovertemplate": "%{y} → %{x}<extra>%{fullData.name}</extra>",
            "showlegend": True,
        }
    span = [-0.5, len(matrix) - 0.5]
    layout = {
        "xaxis": {**Axis(_("Node that reads")).as_plotly(), "range": span, "dtick": 1},
        "yaxis": {**Axis(_("Node that is read")).as_plotly(), "range": span[::-1], "dtick": 1},
        "hovermode": "closest",
    }
    caption = _("Every edge leads from a smaller number to a larger one, so all marks lie above the diagonal.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def edge_fronts_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Score over edges: a line for each of up to six generations, the last one strongest."""
    metric = METRICS.get(str(data.get("metric", "")))
    generations = sorted(set(data.get("generation", [])))
    if metric is None or not generations:
        return None
    step = -(-len(generations) // _MOST_FRONTS)
    shown = generations[::-1][::step]
    traces: dict[str, Json] = {}
    for place, generation in enumerate(shown):
        of_it = [i for i, one in enumerate(data["generation"]) if one == generation]
        of_it.sort(key=lambda i: data["edges"][i])
        colour = f"var(--data-{place + 1})"
        traces[f"generation_{generation}"] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _("Generation %(number)s") % {"number": generation},
            "x": [data["edges"][i] for i in of_it],
            "y": [data["score"][i] for i in of_it],
            "line": {"width": 2 if place == 0 else 1, "color": colour, "dash": "solid" if place == 0 else "dot"},
            "marker": {"size": 8 if place == 0 else 6, "color": colour},
            "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    layout = {
        "xaxis": Axis(_("Edges"), direction=Direction.MINIMISE).as_plotly(),
        "yaxis": metric_axis(metric.name).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "Networks of the population that no other beats in both, as they were trained there: shortly, all at once."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def connection_structure_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """On the left how many nodes have which degree, on the right the share of paths of each length."""
    if not data.get("of"):
        return None
    rows = list(zip(data["of"], data["value"], data["count"], strict=True))
    total = sum(int(count) for of, _value, count in rows if of == "path_length")
    traces: dict[str, Json] = {}
    looks = (
        ("in_degree", _("Edges into a node"), "var(--data-1)", ""),
        ("out_degree", _("Edges out of a node"), "var(--data-2)", "/"),
    )
    for of, label, colour, pattern in looks:
        own = [(value, int(count)) for kind, value, count in rows if kind == of]
        traces[of] = {
            "type": "bar",
            "name": label,
            "x": [value for value, _count in own],
            "y": [count for _value, count in own],
            "marker": {"color": colour, "pattern": {"shape": pattern}},
            "hovertemplate": "%{x}: %{y}<extra>%{fullData.name}</extra>",
        }
    degrees = [int(value) for of, value, _count in rows if of != "path_length"]
    paths = [(value, int(count) / total) for of, value, count in rows if of == "path_length"]
    traces["path_length"] = {
        "type": "bar",
        "name": _("Paths from input to output"),
        "x": [value for value, _share in paths],
        "y": [share for _value, share in paths],
        "xaxis": "x2",
        "yaxis": "y2",
        "marker": {"color": "var(--data-3)"},
        "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
    }
    layout = {
        "xaxis": {**Axis(_("Degree")).as_plotly(), "domain": [0, 0.45], **whole_ticks(degrees)},
        "yaxis": Axis(_("Nodes")).as_plotly(),
        "xaxis2": {
            **Axis(_("Length of a path")).as_plotly(),
            "domain": [0.55, 1],
            "anchor": "y2",
            **whole_ticks([int(value) for value, _share in paths]),
        },
        "yaxis2": {**Axis(_("Share of paths")).as_plotly(), "anchor": "x2", "tickformat": PERCENT},
    }
    return Figure(f"view_{name}", _(title), "", "", traces, layout)
