"""Median stopping: best values so far over the length of training, and the medians they were held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS


def stopping_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A trace for those trained to the end, one for those stopped, one for those on their way, one for the medians."""
    metric = METRICS.get(str(data.get("metric", "")))
    if metric is None or not data.get("best"):
        return None
    looks: dict[str, tuple[str, Json]] = {
        "stopped": (_("Stopped"), {"line": {"width": 1, "color": "var(--data-3)"}, "opacity": 0.6}),
        "whole": (_("Trained to the end"), {"line": {"width": 1, "color": "var(--data-1)"}, "opacity": 0.6}),
        "running": (_("On its way"), {"line": {"width": 1, "color": "var(--data-2)"}}),
    }
    traces: dict[str, Json] = {}
    for ended, (label, look) in looks.items():
        places = [place for place, this in enumerate(data["ended"]) if this == ended]
        if places:
            traces[ended] = _curves(data, places) | {"name": label} | look
    median = data.get("median", {})
    if median.get("value"):
        traces["median"] = {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _("Median of running averages"),
            "x": median["at"],
            "y": median["value"],
            "line": {"width": 3, "dash": "dash", "color": "var(--data-4)"},
            "hovertemplate": "%{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    layout = {
        "xaxis": Axis(_("Training length in epochs")).as_plotly(),
        "yaxis": metric_axis(metric.name).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "Each line is the best value so far of one training. A training is stopped where that is worse than the median of "
        "what whole trainings averaged until then; the line drawn is the median now."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def _curves(data: Mapping[str, Any], places: list[int]) -> Json:
    """Curve after curve, with a gap between them."""
    x: list[int | None] = []
    y: list[float | None] = []
    numbers: list[int | None] = []
    before: int | None = None
    for place in places:
        candidate = data["candidate"][place]
        if before not in (None, candidate):
            x, y, numbers = [*x, None], [*y, None], [*numbers, None]
        before = candidate
        x.append(data["epochs"][place])
        y.append(data["best"][place])
        numbers.append(candidate)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "customdata": numbers,
        "connectgaps": False,
        "marker": {"size": 5},
        "hovertemplate": "#%{customdata}: %{x}, %{y:.4~g}<extra>%{fullData.name}</extra>",
    }
