"""What a network loses without one of its nodes or connections, over degrees: a mark for each, mean and deviation per degree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import PERCENT, Axis, Figure, Json


def removal_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    if not data.get("degree"):
        return None
    is_node = data["degree_of"] == "out"
    removed = [
        _("Node %(node)s of stage %(stage)s") % {"node": target, "stage": stage}
        if is_node
        else _("Edge %(source)s → %(target)s of stage %(stage)s") % {"source": source, "target": target, "stage": stage}
        for stage, source, target in zip(data["stage"], data["source"], data["target"], strict=True)
    ]
    summary = data["by_degree"]
    traces: dict[str, Json] = {
        "removals": {
            "type": "scatter",
            "mode": "markers",
            "name": _("One removal"),
            "x": data["degree"],
            "y": data["loss"],
            "text": removed,
            "marker": {"size": 7, "opacity": 0.6, "color": "var(--data-1)"},
            "hovertemplate": "%{text}: %{y:.2%}<extra></extra>",
        },
        "means": {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _("Mean and standard deviation"),
            "x": summary["degree"],
            "y": summary["mean"],
            "error_y": {"type": "data", "array": summary["std"], "color": "var(--data-2)"},
            "line": {"color": "var(--data-2)"},
            "marker": {"size": 9, "symbol": "diamond", "color": "var(--data-2)"},
            "hovertemplate": "%{x}: %{y:.2%}<extra>%{fullData.name}</extra>",
        },
    }
    degree = _("Edges out of the removed node") if is_node else _("Edges into the target of the removed edge")
    layout = {
        "xaxis": {**Axis(degree).as_plotly(), "dtick": 1},
        "yaxis": {**Axis(_("Loss of accuracy")).as_plotly(), "tickformat": PERCENT},
        "hovermode": "closest",
    }
    caption = _(
        "Removed from the trained network without further training; the whole network reaches %(accuracy)s."
    ) % {"accuracy": f"{data['whole_accuracy']:.1%}"}
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)
