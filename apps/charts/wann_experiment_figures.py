"""Experiments on one weight agnostic topology: all arms side by side, how they climbed, its paths, where slopes vanish."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.charts.figure import PERCENT, Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from apps.spaces.quantity import count_text
from nas.core.metric import METRICS

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
_DASHES = ("solid", "dash", "dot", "dashdot")
_LONGEST_LINE = 18
_LINE_HEIGHT = 14
_GROUP_GAP = 16
_DIGIT_WIDTH = 8
_BAR = 0.6
_STUB = 0.3
_TALLEST_SLOPE = 8.0


def experiments_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A row for each arm in the order of the plan, its group by colour and shape; beside it how many parameters it has."""
    if not data.get("arm"):
        return None
    groups = list(dict.fromkeys(data["group"]))
    arms = [_(arm) for arm in data["arm"]]
    labels = [_in_lines(arm) for arm in arms]
    # In pixels: as much as the name needs, and a gap where a group ends.
    spans = [_LINE_HEIGHT * (label.count("<br>") + 1) + 10 for label in labels]
    tops = [sum(spans[:row]) + _GROUP_GAP * groups.index(group) for row, group in enumerate(data["group"])]
    heights = [top + span / 2 for top, span in zip(tops, spans, strict=True)]
    bottom = tops[-1] + spans[-1]
    known = METRICS.get(str(data.get("metric")))
    axis = metric_axis(known.name) if known else Axis(_("Test result"))
    is_share = known is not None and known.name == "accuracy"
    traces: dict[str, Json] = {}
    for place, group in enumerate(groups):
        rows = [row for row, own in enumerate(data["group"]) if own == group]
        colour = f"var(--data-{place % 6 + 1})"
        deviations = [data["deviation"][row] for row in rows]
        traces[f"group_{place}"] = {
            "type": "scatter",
            "mode": "markers",
            "name": _(group),
            "x": [data["test"][row] for row in rows],
            "y": [heights[row] for row in rows],
            "error_x": {
                "type": "data",
                "array": [deviation or 0 for deviation in deviations],
                "color": colour,
                "thickness": 1.5,
                "width": 4,
            },
            "marker": {"size": 10, "color": colour, "symbol": _SYMBOLS[place % len(_SYMBOLS)]},
            "customdata": [
                [arms[row], _result_text(data["test"][row], data["deviation"][row], is_share), data["results"][row]]
                for row in rows
            ],
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<br>"
            + _("results: %{customdata[2]}")
            + "<extra>%{fullData.name}</extra>",
            "showlegend": len(groups) > 1,
        }
    sizes = [count_text(round(number)) for number in data["parameters"]]
    column = 12 + _DIGIT_WIDTH * max(5, *map(len, sizes))
    layout: Json = {
        "xaxis": {
            **axis.as_plotly(),
            "tickangle": 0,
            **({"tickformat": PERCENT} if is_share else {}),
        },
        "yaxis": {
            "tickvals": heights,
            "ticktext": labels,
            "range": [bottom, 0],
            "tickfont": {"size": 11},
            "ticks": "",
        },
        "margin": {"l": 48, "r": column, "t": 12, "b": 40},
        "annotations": [
            # As low as the title of the axis, away from its numbers.
            _in_column(_("Parameters"), column, 0, "paper", {"yanchor": "top", "yshift": -24, "font": {"size": 11}}),
            *(_in_column(text, column, height, "y") for height, text in zip(heights, sizes, strict=True)),
        ],
        "hovermode": "closest",
    }
    caption = _(
        "Means on examples or episodes that nothing was chosen on; bars reach one standard deviation to each side, over seeds or "
        "over random draws, and are missing where there is a single result."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 170 + bottom})


def tuning_curves_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A line for the median of each arm's seeds, in the area between their extremes."""
    if not data.get("arm"):
        return None
    is_loss = data["metric"] == "loss"
    traces: dict[str, Json] = {}
    for place, arm in enumerate(dict.fromkeys(data["arm"])):
        rows = [row for row, own in enumerate(data["arm"]) if own == arm]
        colour = f"var(--data-{place % 6 + 1})"
        x = [data["evaluations"][row] for row in rows]
        if max(data["seeds"][row] for row in rows) > 1:
            edge: Json = {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "line": {"width": 0, "color": colour},
                "hoverinfo": "skip",
                "showlegend": False,
                "legendgroup": arm,
            }
            traces[f"lowest_{place}"] = {**edge, "y": [data["lowest"][row] for row in rows]}
            traces[f"highest_{place}"] = {
                **edge,
                "y": [data["highest"][row] for row in rows],
                "fill": "tonexty",
                "fillcolor": f"{colour} / 0.18",
            }
        traces[f"median_{place}"] = {
            "type": "scatter",
            "mode": "lines+markers" if len(x) < 3 else "lines",
            "name": _(arm),
            "legendgroup": arm,
            "showlegend": True,
            "x": x,
            "y": [data["median"][row] for row in rows],
            "line": {"color": colour, "dash": _DASHES[place % len(_DASHES)]},
            "hovertemplate": "%{x:,}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    axis = metric_axis(str(data["metric"]))
    counts_networks = data["counted"] == "networks"
    layout = {
        "xaxis": {
            **Axis(_("Networks scored") if counts_networks else _("Evaluations")).as_plotly(),
            "rangemode": "tozero",
            "tickformat": "~s",
        },
        # Losses fall by factors, and what happens near the end would be lost at the bottom.
        "yaxis": {**axis.as_plotly(), **({"type": "log", "nticks": 6, "tickformat": "~g"} if is_loss else {})},
        "hovermode": "closest",
    }
    what = (
        _("The best of a generation, mean over the shared weights, as good as it had been so far.")
        if counts_networks
        else _("As good as it had been so far on what it was tuned on; a pass backwards counts as two evaluations.")
    )
    caption = what + " " + _("Lines are medians over seeds, areas reach from the worst seed to the best.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 340})


def path_lengths_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Above how many paths there are of each length, by powers of ten; below what of the derivative each length carries."""
    if not data.get("length"):
        return None
    there = [
        (length, count) for length, text in zip(data["length"], data["paths"], strict=True) if (count := int(text))
    ]
    if not there:
        return None
    # A logarithm of 1 is 0, which would be no bar; and counts are beyond what the browser's own axis can take.
    powers = [math.log10(count) for _length, count in there]
    traces: dict[str, Json] = {
        "paths": {
            "type": "bar",
            "name": _("Paths"),
            "x": [length for length, _count in there],
            "base": -_STUB,
            "width": _BAR,
            "y": [power + _STUB for power in powers],
            "customdata": [count_text(count) for _length, count in there],
            "marker": {"color": "var(--data-1)"},
            "hovertemplate": _("length %{x}: %{customdata} paths") + "<extra></extra>",
            "showlegend": False,
        }
    }
    looks = (
        ("gradient_shared", _("Gradient, tuned shared weight"), "dash", "square"),
        ("gradient_trained", _("Gradient, after training"), "solid", "circle"),
    )
    lines = [look for look in looks if look[0] in data]
    for place, (column, label, dash, symbol) in enumerate(lines):
        colour = f"var(--data-{place + 2})"
        traces[column] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": label,
            "x": [length for length, _count in there],
            "y": [data[column][length] for length, _count in there],
            "yaxis": "y2",
            "line": {"color": colour, "dash": dash},
            "marker": {"size": 7, "color": colour, "symbol": symbol},
            "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
            "showlegend": True,
        }
    step = max(1, math.ceil(max(powers) / 5))
    exponents = list(range(0, math.ceil(max(powers)) + step, step))
    layout: Json = {
        "xaxis": {**Axis(_("Connections on the way")).as_plotly(), "anchor": "y2" if lines else "y", "tickformat": "d"},
        "yaxis": {
            **Axis(_("Paths")).as_plotly(),
            "domain": [0.53, 1] if lines else [0, 1],
            "tickvals": exponents,
            "ticktext": [f"10<sup>{exponent}</sup>" if exponent > 3 else f"{10**exponent:,}" for exponent in exponents],
            "range": [-_STUB, max(powers) * 1.05 + 0.1],
        },
        "hovermode": "closest",
    }
    if len(data["length"]) < 16:
        layout["xaxis"]["dtick"] = 1
    caption = _("How many ways lead from bias and inputs to outputs, by powers of ten.")
    if lines:
        layout["yaxis2"] = {**Axis(_("Norm")).as_plotly(), "domain": [0, 0.43], "rangemode": "tozero", "nticks": 5}
        caption += " " + _(
            "Below, how much of the derivative of outputs by inputs ways of each length carry together: much by long ways means "
            "that gradients get through."
        )
    height = 400 if lines else 260
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": height})


def activation_gains_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Panels from above: slope with its bound, share of saturated examples, what of the loss arrives."""
    if not data.get("activation"):
        return None
    kinds = [_(kind) for kind in data["activation"]]
    # A square or a long sum may have any slope; all others are to be seen beside it.
    top = min(_TALLEST_SLOPE, max([*data["gain"], *[bound or 0 for bound in data["bound"]]], default=1.0) or 1.0)
    beyond = [place for place, gain in enumerate(data["gain"]) if gain > top]
    traces: dict[str, Json] = {
        "gain": {
            "type": "bar",
            "name": _("Median slope"),
            "x": kinds,
            "y": [min(gain, top) for gain in data["gain"]],
            "width": _BAR,
            "customdata": [[nodes, compact(gain)] for nodes, gain in zip(data["nodes"], data["gain"], strict=True)],
            "marker": {"color": "var(--data-1)"},
            "hovertemplate": _("%{x}, nodes: %{customdata[0]}, slope %{customdata[1]}") + "<extra></extra>",
            "text": [f"↑ {compact(gain)}" if place in beyond else "" for place, gain in enumerate(data["gain"])],
            "textposition": "inside",
            "showlegend": True,
        },
        "bound": {
            "type": "scatter",
            "mode": "markers",
            "name": _("Largest slope there can be"),
            "x": [kind for kind, bound in zip(kinds, data["bound"], strict=True) if bound is not None],
            "y": [bound for bound in data["bound"] if bound is not None],
            "marker": {"symbol": "line-ew-open", "size": 18, "line": {"width": 3}, "color": "var(--data-2)"},
            "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
            "showlegend": True,
        },
        "saturated": {
            "type": "bar",
            "name": _("Saturated"),
            "x": kinds,
            "y": data["saturated"],
            "width": _BAR,
            "yaxis": "y2",
            "marker": {"color": "var(--data-3)"},
            "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
            "showlegend": False,
        },
        "signal": {
            "type": "scatter",
            "mode": "markers",
            "name": _("Signal"),
            "x": kinds,
            # A logarithmic axis has no place for nothing.
            "y": [signal or None for signal in data["signal"]],
            "yaxis": "y3",
            "marker": {"size": 9, "symbol": "diamond", "color": "var(--data-4)"},
            "hovertemplate": "%{x}: %{y:.3~g}<extra>%{fullData.name}</extra>",
            "showlegend": False,
        },
    }
    layout = {
        "xaxis": {"type": "category", "categoryarray": kinds, "anchor": "y3", "showgrid": False},
        "yaxis": {**Axis(_("Slope")).as_plotly(), "domain": [0.62, 1], "range": [0, top * 1.08], "nticks": 5},
        "yaxis2": {
            **Axis(_("Saturated")).as_plotly(),
            "domain": [0.35, 0.53],
            "tickformat": PERCENT,
            "range": [0, max(0.05, *data["saturated"]) * 1.1],
            "nticks": 4,
        },
        "yaxis3": {
            **Axis(_("Signal")).as_plotly(),
            "domain": [0, 0.26],
            "type": "log",
            "nticks": 4,
            "tickformat": "~g",
        },
        "hovermode": "closest",
    }
    caption = _(
        "Nodes by activation. Above, their median slope with the largest that the activation can have; then the mean share of "
        "examples on which the slope is below 0.01; at the bottom, the median of how much of the loss arrives."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 460})


def _in_column(text: str, width: int, y: float, yref: str, look: Mapping[str, Any] = MappingProxyType({})) -> Json:
    """Text in the column to the right of the plot, as wide on all screens."""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": width - 4, "y": y, "yref": yref}
    return {"text": text, "showarrow": False, **place, **look}


def _result_text(mean: float, deviation: float | None, is_share: bool) -> str:
    values = [mean] if deviation is None else [mean, deviation]
    return " ± ".join(f"{100 * value:.1f} %" if is_share else compact(value) for value in values)


def _in_lines(text: str) -> str:
    """Broken between words, so that names leave room for what they name on a narrow screen."""
    return "<br>".join(textwrap.wrap(text, _LONGEST_LINE))
