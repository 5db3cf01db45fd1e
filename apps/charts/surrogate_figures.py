"""A surrogate from outside: what it believed when it last chose, and how right its predictions were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
_OF_RESULTS = ("seen_position", "seen_value", "chosen")


def candidate_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """The view without the columns that are not about candidates: a table has one kind of row."""
    return {name: value for name, value in data.items() if name not in _OF_RESULTS}


def surrogate_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Above: predictions with two standard deviations, and results, along one direction of the space; below: the acquisition."""
    position = data.get("position")
    if not position:
        return None
    value, low, high = data["predicted"], data["low"], data["high"]
    chosen, axis = data["chosen"], _axis(data.get("metric"))
    traces: dict[str, Json] = {
        "candidates": {
            **_points(_("Candidates"), position, value, "var(--data-faint)", "circle"),
            "error_y": {**_interval(value, low, high), "color": "var(--data-faint)"},
        },
        "results": _points(_("Results"), data["seen_position"], data["seen_value"], "var(--data-1)", "circle"),
        "chosen": {
            **_points(_("Chosen"), [position[i] for i in chosen], [value[i] for i in chosen], "var(--data-2)", "star"),
            "error_y": {
                **_interval(*([column[i] for i in chosen] for column in (value, low, high))),
                "color": "var(--data-2)",
            },
        },
        "acquisition": {
            **_points(_("Acquisition"), position, data["acquisition"], "var(--data-3)", "diamond"),
            "yaxis": "y2",
        },
    }
    traces["chosen"]["marker"] |= {"size": 13}
    layout = {
        "xaxis": {**Axis(_("Position along the main direction of the results")).as_plotly(), "anchor": "y2"},
        # A network that did not learn lies outside: it would press all others into a line.
        "yaxis": {**axis.as_plotly(), **_range(min(low), max(high), axis), "domain": [0.36, 1]},
        "yaxis2": {"domain": [0, 0.26], "nticks": 3},  # no title: the frame is low, the legend names it
        "hovermode": "closest",
    }
    caption = _(
        "Grey: what the model expects of untried architectures, with two standard deviations. "
        "The star is chosen where the acquisition below is highest: a good prediction, or one that is very unsure."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def predictions_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Measured over predicted values; on the line the prediction was exact."""
    predicted, measured = data.get("predicted"), data.get("measured")
    if not predicted or not measured:
        return None
    ends = [min(*predicted, *measured), max(*predicted, *measured)]
    sizes = data.get("size")
    if sizes is None:
        results = {"results": _foretold(data, range(len(predicted)), _("Results"), 0)}
    else:
        results = {
            f"size{size}": _foretold(
                data, [i for i, each in enumerate(sizes) if each == size], _("Size %(size)d") % {"size": size}, place
            )
            for place, size in enumerate(sorted(set(sizes)))
        }
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": _("Exact"),
        "x": ends,
        "y": ends,
        "line": {"width": 1, "dash": "dot", "color": "var(--data-2)"},
        "hoverinfo": "skip",
    }
    axis = _axis(data.get("metric"))
    layout: Json = {"hovermode": "closest"}
    for side, text in (("xaxis", _("Predicted: %(name)s")), ("yaxis", _("Measured: %(name)s"))):
        drawn = Axis(text % {"name": axis.title}, axis.unit, axis.direction, axis.is_log).as_plotly()
        # The points fill the picture; intervals of an unsure model may leave it.
        layout[side] = drawn | _range(ends[0], ends[1], axis)
    correlation = data.get("rank_correlation")
    caption = _("Each point is a result that the model had predicted before. On the dotted line it was exactly right.")
    if correlation is not None:
        caption += " " + _("Rank correlation: %(value).2f (1: the order was right, 0: no better than chance).") % {
            "value": correlation
        }
    return Figure(f"view_{name}", _(title), caption, "", {"exact": line, **results}, layout)


def _foretold(data: Mapping[str, Any], places: Iterable[int], label: str, look: int) -> Json:
    """Some of the results, measured over predicted, with what the model held possible."""
    columns = {name: [data[name][i] for i in places] for name in ("id", "predicted", "measured", "low", "high")}
    predicted = columns["predicted"]
    colour, symbol = f"var(--data-{look % len(_SYMBOLS) + 1})", _SYMBOLS[look % len(_SYMBOLS)]
    return {
        **_points(label, predicted, columns["measured"], colour, symbol),
        "customdata": columns["id"],
        "error_x": {**_interval(predicted, columns["low"], columns["high"]), "color": "var(--data-faint)"},
        "hovertemplate": "#%{customdata}: %{x:.4~g}, %{y:.4~g}<extra></extra>",
    }


def _points(name: str, x: list[float], y: list[float], colour: str, symbol: str) -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": x,
        "y": y,
        "marker": {"size": 7, "color": colour, "symbol": symbol},
        "hovertemplate": "%{x:.4~g}, %{y:.4~g}<extra></extra>",
    }


def _interval(middle: list[float], low: list[float], high: list[float]) -> Json:
    """Error bars from `low` to `high`, which lie as far from `middle` as they do."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [end - value for value, end in zip(middle, high, strict=True)],
        "arrayminus": [value - end for value, end in zip(middle, low, strict=True)],
        "thickness": 1,
        "width": 0,
    }


def _range(low: float, high: float, axis: Axis) -> Json:
    """Between the two and a little more; a logarithmic axis has room for all."""
    margin = 0.05 * (high - low)
    return {} if axis.is_log else {"range": [low - margin, high + margin]}


def _axis(metric: str | None) -> Axis:
    """Of the metric; of a weighted value when there is none."""
    return metric_axis(metric) if metric in METRICS else Axis(_("Weighted objectives (smaller is better)"))
