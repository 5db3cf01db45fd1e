"""The first objective along a line of ancestors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo


@dataclass(frozen=True, slots=True)
class WalkPoint:
    """A step: which trial, how it came about in words, its value; `goes_on` when it is its parent's architecture again."""

    replica: int
    number: int
    operator: str
    value: float | None
    goes_on: bool


def walk_figure(points: Sequence[WalkPoint], objective: ObjectiveInfo) -> Figure:
    """A point per step, in the order of descent; a step without a value is a gap."""
    axis = objective_axis(objective)
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(points))),
        "y": [point.value for point in points],
        "customdata": [[point.replica, point.number] for point in points],
        "text": [f"<b>{_('Trial %(number)s') % {'number': point.number}}</b><br>{point.operator}" for point in points],
        "connectgaps": False,
        "cliponaxis": False,
        "line": {"color": "var(--data-1)", "width": 2},
        "marker": {
            "size": 9,
            "color": "var(--data-1)",
            # a training that goes on is the same architecture: an open ring
            "symbol": ["circle-open" if point.goes_on else "circle" for point in points],
        },
        "hovertemplate": f"%{{text}}<br>{axis.title}: %{{y:.4~g}} {axis.unit}<extra></extra>",
        "showlegend": False,
    }
    layout: Json = {
        "xaxis": {**Axis(_("Step")).as_plotly(), "tickformat": "d"},
        "yaxis": axis.as_plotly(),
        "hovermode": "closest",
        "margin": {"l": 48, "r": 12, "t": 8, "b": 36},
    }
    if len(points) < 12:
        layout["xaxis"]["dtick"] = 1
    return Figure(
        name="walk",
        title=_("Value from step to step"),
        caption=_("Each point is a step; a click leads to it."),
        empty="",
        traces={"walk": trace},
        layout=layout,
    )
