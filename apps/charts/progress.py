"""Hypervolume and best value so far, over the trials the strategy learned of."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import Direction


def progress(objectives: Sequence[ObjectiveInfo], reference_point: Sequence[float | None]) -> Figure:
    """Two panels over one axis; with one objective only the lower one, for a hypervolume of one number says nothing more."""
    best = objective_axis(objectives[0])
    best_label = _("Best %(objective)s") % {"objective": best.label}
    has_hypervolume = len(objectives) > 1
    layout: Json = {
        "xaxis": {**Axis(_("Trials learned of")).as_plotly(), "rangemode": "tozero"},
        "yaxis": {**best.as_plotly(), "title": {"text": best_label}},
        "hovermode": "closest",
    }
    line: Json = {"type": "scatter", "mode": "lines", "cliponaxis": False, "line": {"shape": "hv", "width": 2}}
    traces = {"best": {**line, "name": best_label}}
    caption = _("How the best value developed; each step is an improvement.")
    if has_hypervolume:
        layout["xaxis"]["anchor"] = "y"
        layout["yaxis"]["domain"] = [0.0, 0.44]
        layout["yaxis2"] = {
            **Axis(_("Hypervolume"), direction=Direction.MAXIMISE).as_plotly(),
            "domain": [0.56, 1.0],
        }
        traces["hypervolume"] = {**line, "name": _("Hypervolume"), "yaxis": "y2"}
        point = ", ".join(compact(value) for value in reference_point)
        caption = _(
            "Above, the hypervolume of the front against the reference point (%(point)s); below, the best value."
        ) % {"point": point}
    return Figure(
        name="progress",
        title=_("Hypervolume and best so far") if has_hypervolume else _("Best so far"),
        caption=caption,
        empty=_("The curves begin with the first result."),
        traces=traces,
        layout=layout,
        texts={"replica": _("Replica %(number)s"), "after": _("After trials")},
    )
