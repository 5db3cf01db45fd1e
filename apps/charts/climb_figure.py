"""The moves of a local search: each climb a line from its start upwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS


def climb_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    metric = METRICS.get(str(data.get("fitness_metric", "")))
    if metric is None or not data.get("id"):
        return None
    objective = ObjectiveInfo(
        metric=metric.name, title=metric.title, unit=metric.unit, direction=metric.direction.value, is_log=metric.is_log
    )
    x: list[int | None] = []
    y: list[float | None] = []
    before = data["climb"][0]
    for climb, number, fitness in zip(data["climb"], data["id"], data["fitness"], strict=True):
        if climb != before:
            x.append(None)  # a gap in the line: begun again elsewhere
            y.append(None)
        x.append(number)
        y.append(fitness)
        before = climb
    trace: Json = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "connectgaps": False,
        "line": {"color": "var(--data-1)"},
        "marker": {"size": 7, "color": "var(--data-1)"},
        "hovertemplate": "#%{x}: %{y:.4~g}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": Axis(_("Proposal")).as_plotly(),
        "yaxis": objective_axis(objective).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "Each line is a climb from neighbour to better neighbour; where none is better, the next begins at random."
    )
    return Figure(f"view_{name}", _(title), caption, "", {"climbs": trace}, layout)
