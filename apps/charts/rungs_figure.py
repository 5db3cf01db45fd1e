"""Successive halving as its papers draw it: values over training length, a line for whoever went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

_COLOURS = 5  # var(--data-1) … var(--data-5); after those they begin again


def rungs_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A trace for each bracket. Filled points went on; failed trainings have no value and stand in the table only."""
    metric = METRICS.get(str(data.get("metric", "")))
    judged = [place for place, value in enumerate(data.get("value", [])) if value is not None]
    if metric is None or not judged:
        return None
    brackets = sorted({data["bracket"][place] for place in judged})
    traces = {
        f"bracket_{bracket}": _bracket(data, [p for p in judged if data["bracket"][p] == bracket], bracket)
        for bracket in brackets
    }
    if len(brackets) == 1:
        next(iter(traces.values()))["showlegend"] = False
    lengths = sorted(set(data["epochs"]))
    x_axis = {**Axis(_("Training length in epochs")).as_plotly(), "type": "log"}
    x_axis |= {"tickmode": "array", "tickvals": lengths, "ticktext": [str(length) for length in lengths]}
    layout = {"xaxis": x_axis, "yaxis": metric_axis(metric.name).as_plotly(), "hovermode": "closest"}
    caption = _(
        "Each column is a rung, each point a candidate judged there. Filled points went on; their line leads to the next rung."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def _bracket(data: Mapping[str, Any], places: list[int], bracket: int) -> Json:
    """Candidate after candidate, with gaps between them, each from its shortest training to its longest."""
    places = sorted(places, key=lambda place: (data["candidate"][place], data["epochs"][place]))
    x: list[int | None] = []
    y: list[float | None] = []
    numbers: list[int | None] = []
    symbols: list[str] = []
    before: int | None = None
    for place in places:
        candidate = data["candidate"][place]
        if before not in (None, candidate):
            x, y, numbers, symbols = [*x, None], [*y, None], [*numbers, None], [*symbols, "circle-open"]
        before = candidate
        x.append(data["epochs"][place])
        y.append(data["value"][place])
        numbers.append(data["id"][place])
        symbols.append("circle" if data["promoted"][place] else "circle-open")
    colour = f"var(--data-{bracket % _COLOURS + 1})"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _("Bracket %(number)d") % {"number": bracket + 1},
        "x": x,
        "y": y,
        "customdata": numbers,
        "connectgaps": False,
        "line": {"width": 1, "color": colour},
        "marker": {"size": 8, "color": colour, "symbol": symbols, "line": {"width": 1, "color": colour}},
        "hovertemplate": "#%{customdata}: %{x}, %{y:.4~g}<extra></extra>",
    }
