"""The best score so far of each way of searching among the paths of a supernet: what one adds to the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import PERCENT, Axis, Figure, Json
from apps.charts.objective_axis import metric_axis

_LINES = {"evolution": ("var(--data-1)", "solid"), "random": ("var(--data-3)", "dot")}


def shared_search_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Columns `search` ("evolution", "random"), `number` of the score in it, `best` up to then. Steps, not slopes."""
    labels = {"evolution": _("Evolution"), "random": _("Random paths")}
    traces: dict[str, Json] = {}
    for search in dict.fromkeys(data["search"]):
        rows = [row for row, its in enumerate(data["search"]) if its == search]
        colour, dash = _LINES[search]
        traces[search] = {
            "type": "scatter",
            "mode": "lines",
            "name": labels[search],
            "x": [data["number"][row] for row in rows],
            "y": [data["best"][row] for row in rows],
            "line": {"color": colour, "dash": dash, "shape": "hv", "width": 2},
            "hovertemplate": "%{x}: %{y:.2%}<extra></extra>",
        }
    layout = {
        "xaxis": {**Axis(_("Architectures scored")).as_plotly(), "tickformat": "d"},
        "yaxis": {**metric_axis("shared_accuracy").as_plotly(), "tickformat": PERCENT},
        "hovermode": "closest",
    }
    caption = _("The best accuracy with shared weights so far.")
    if len(traces) > 1:
        caption += " " + _("What evolution adds to the same number of random paths is what lies between the lines.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)
