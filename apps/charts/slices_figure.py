"""Hyper-parameter search as its tools show it: the objective over the values of each parameter, one plot beside the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

MAX_PLOTS = 12
"""Parameters that get a plot: those whose values differ most between good and bad come first."""

_COLUMNS = 4


def slices_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A plot for each parameter; colour says when a trial was made. Trials without a value stand in the table only."""
    metric = METRICS.get(str(data.get("metric", "")))
    judged = [place for place, value in enumerate(data.get("value", [])) if value is not None]
    if metric is None or not judged:
        return None
    shown = [
        parameter
        for parameter, column in data.get("parameters", {}).items()
        if len({str(column[place]) for place in judged if column[place] is not None}) > 1
    ]
    if not shown:
        return None
    values = [data["value"][place] for place in judged]
    shown.sort(key=lambda parameter: -_explained([data["parameters"][parameter][p] for p in judged], values))
    plots = shown[:MAX_PLOTS]
    num_columns = min(_COLUMNS, len(plots))
    num_rows = -(-len(plots) // num_columns)
    y_axis = metric_axis(metric.name).as_plotly()
    layout: Json = {
        "grid": {"rows": num_rows, "columns": num_columns, "pattern": "independent", "xgap": 0.08, "ygap": 0.35},
        "hovermode": "closest",
        "showlegend": False,
    }
    traces: dict[str, Json] = {}
    for place, parameter in enumerate(plots):
        suffix = "" if place == 0 else str(place + 1)
        is_first = place % num_columns == 0
        column = data["parameters"][parameter]
        layout[f"xaxis{suffix}"] = _axis(parameter, data.get("scales", {}).get(parameter, "linear"), column)
        layout[f"yaxis{suffix}"] = {**y_axis, "matches": "y"} if suffix else dict(y_axis)
        if not is_first:
            layout[f"yaxis{suffix}"] |= {"title": {"text": ""}, "showticklabels": False}
        traces[f"parameter_{place}"] = _plot(data, judged, parameter, suffix)
    caption = _("Each point is a trial, in each plot at its value of that parameter; the greyer, the earlier.")
    if any(data["ended"][place] != "complete" for place in judged):
        caption += " " + _("Open points were stopped before the end of their training.")
    if len(shown) > MAX_PLOTS:
        caption += " " + _("The %(number)d parameters that tell most about the result are shown.") % {
            "number": MAX_PLOTS
        }
    settings = {"height": 90 + 230 * num_rows, "is_wide": num_columns > 1}
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings=settings)


def _axis(parameter: str, scale: str, column: Sequence[Any]) -> Json:
    axis = Axis(parameter.replace("_", " ")).as_plotly()
    if scale == "logarithmic":
        return axis | {"type": "log", "nticks": 4}
    if scale != "options":
        return axis
    options = sorted({value for value in column if value is not None}, key=_in_order)
    return axis | {"type": "category", "categoryorder": "array", "categoryarray": [str(value) for value in options]}


def _in_order(option: Any) -> tuple[bool, float, str]:
    """Numbers by size, texts by letter."""
    is_number = isinstance(option, (int, float))
    return (not is_number, float(option) if is_number else 0.0, str(option))


def _plot(data: Mapping[str, Any], judged: Sequence[int], parameter: str, suffix: str) -> Json:
    column = data["parameters"][parameter]
    there = [place for place in judged if column[place] is not None]
    is_options = data.get("scales", {}).get(parameter) == "options"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [str(column[place]) if is_options else column[place] for place in there],
        "y": [data["value"][place] for place in there],
        "customdata": [data["id"][place] for place in there],
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "marker": {
            "size": 7,
            "color": [data["id"][place] for place in there],
            "colorscale": [[0, "var(--data-faint)"], [1, "var(--data-1)"]],  # the palest is no open point
            "symbol": ["circle" if data["ended"][place] == "complete" else "circle-open" for place in there],
            "line": {"width": 1, "color": "var(--data-1)"},
        },
        "hovertemplate": "#%{customdata}: %{x}, %{y:.4~g}<extra></extra>",
    }


def _explained(column: Sequence[Any], values: Sequence[float]) -> float:
    """The share of the values' variance that lies between groups of this parameter's values (numbers in four equal parts)."""
    numbers = sorted(value for value in column if isinstance(value, (int, float)) and not isinstance(value, bool))
    cuts = [numbers[len(numbers) * part // 4] for part in (1, 2, 3)] if len(set(numbers)) > 4 else []
    groups: dict[Any, list[float]] = {}
    for own, value in zip(column, values, strict=True):
        key = sum(own >= cut for cut in cuts) if cuts and isinstance(own, (int, float)) else str(own)
        groups.setdefault(key, []).append(value)
    mean = sum(values) / len(values)
    total = sum((value - mean) ** 2 for value in values)
    between = sum(len(group) * (sum(group) / len(group) - mean) ** 2 for group in groups.values())
    return between / total if total > 0 else 0.0
