"""Fitness over the generations: the best, the mean and the worst of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.counted_axis import counted_axis
from apps.charts.figure import Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS


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
    layout = {
        "xaxis": counted_axis(_("Generation"), data["generation"][0], data["generation"][-1]),
        "yaxis": objective_axis(objective).as_plotly(),
        "hovermode": "closest",
    }
    caption = _("Selection lifts the mean; when mean and best meet, all are alike and only mutation brings news.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)
