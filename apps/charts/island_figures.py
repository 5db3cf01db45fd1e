"""Searches on islands: what their steps came to, a panel for each of the first metrics, a line for each island."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

MOST_PANELS = 3
_COLOURS = 6
_DASHES = ("solid", "dash", "dot", "dashdot")
_GAP = 0.1


_MOST_IN_PANEL = 18
"""Letters that fit beside a panel, in a line."""


def island_curves_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """The first metrics from above, over the candidates that an island has looked at."""
    metrics = data["metrics"][:MOST_PANELS]
    islands = [columns for columns in data["islands"] if columns["candidates"]]
    traces: dict[str, Json] = {}
    layout: Json = {"hovermode": "closest"}
    height = (1 - _GAP * max(0, len(metrics) - 1)) / max(1, len(metrics))
    for panel, metric in enumerate(metrics):
        axis = "y" if panel == 0 else f"y{panel + 1}"
        top = 1 - panel * (height + _GAP)
        known = metric["name"] in METRICS
        label = metric_axis(metric["name"]) if known else Axis(_(metric["title"]))
        layout[f"yaxis{panel + 1 if panel else ''}"] = {
            **label.as_plotly(),
            "title": {"text": "<br>".join(textwrap.wrap(label.label, _MOST_IN_PANEL))},
            "domain": [max(0.0, top - height), top],
            "nticks": 5,
        }
        for number, columns in enumerate(islands):
            if metric["name"] not in columns:
                continue
            traces[f"{metric['name']}_{number}"] = {
                "type": "scatter",
                "mode": "lines+markers" if len(columns["candidates"]) < 3 else "lines",
                "name": _("Island %(number)s") % {"number": number + 1},
                "legendgroup": f"island{number}",
                "showlegend": panel == 0 and len(islands) > 1,
                "x": columns["candidates"],
                "y": columns[metric["name"]],
                "yaxis": axis,
                "line": {
                    "color": f"var(--data-{number % _COLOURS + 1})",
                    "dash": _DASHES[number // _COLOURS % len(_DASHES)],
                },
                "hovertemplate": "%{x:.4~s}: %{y:.4~g}<extra>%{fullData.name}</extra>",
            }
    anchor = "y" if len(metrics) < 2 else f"y{len(metrics)}"
    layout["xaxis"] = {
        **Axis(_("Candidates looked at")).as_plotly(),
        "anchor": anchor,
        "tickformat": "~s",
        "rangemode": "tozero",
    }
    caption = _(
        "What each step came to, over all candidates that an island has looked at, those that a cache answered included."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 180 + 130 * len(metrics)})


def island_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """A row per island and point."""
    titles = {metric["name"]: metric["title"] for metric in data["metrics"]}
    islands = data["islands"]
    columns: dict[str, list[Any]] = {
        "island": [number + 1 for number, each in enumerate(islands) for _step in each["step"]],
        "step": [step for each in islands for step in each["step"]],
        "candidates": [count for each in islands for count in each["candidates"]],
    }
    for name, title in titles.items():
        columns[title] = [value for each in islands for value in each.get(name, [None] * len(each["step"]))]
    return columns
