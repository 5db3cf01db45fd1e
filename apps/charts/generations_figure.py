"""Fitness over the generations: the best, the mean and the worst of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS

_ALL_NAMED = 15
"""Up to so many generations, each has its number on the axis."""


def generations_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    metric = METRICS.get(str(data.get("fitness_metric", "")))
    if metric is None or not data.get("generation"):
        return None
    objective = ObjectiveInfo(
        metric=metric.name, title=metric.title, unit=metric.unit, direction=metric.direction.value, is_log=metric.is_log
    )
    looks = {
        "best": (_("Best"), "var(--data-1)", "solid"),
        "mean": (_("Mean"), "var(--data-2)", "dash"),
        "worst": (_("Worst"), "var(--data-3)", "dot"),
    }
    traces: dict[str, Json] = {
        key: {
            "type": "scatter",
            "mode": "lines+markers",
            "name": label,
            "x": data["generation"],
            "y": data[key],
            "line": {"color": colour, "dash": dash},
            "marker": {"size": 5, "color": colour},
            "hovertemplate": "%{x}, %{y:.4~g}<extra>%{fullData.name}</extra>",
        }
        for key, (label, colour, dash) in looks.items()
    }
    last = data["generation"][-1]
    x_axis = Axis(_("Generation")).as_plotly() | {"range": [-0.3, last + 0.3]}
    layout = {
        "xaxis": x_axis | ({"dtick": 1} if last < _ALL_NAMED else {}),  # there is no half a generation
        "yaxis": objective_axis(objective).as_plotly(),
        "hovermode": "closest",
    }
    caption = _("Selection lifts the mean; when mean and best meet, all are alike and only mutation brings news.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)
