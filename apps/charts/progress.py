"""Hypervolume and best value so far, over the trials the strategy learned of."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import Direction

_MOST_IN_HALF = 20
"""Letters that fit beside the lower one of two panels."""


def progress(
    objectives: Sequence[ObjectiveInfo],
    reference_point: Sequence[float | None],
    *,
    is_banded: bool = False,
    has_seeds: bool = True,
    by_cost: bool = False,
    is_simulated: bool = False,
) -> Figure:
    """Two panels over one axis; with one objective only the lower one, for a hypervolume of one number says nothing more.

    Args:
      is_banded: there are several replicas, or a baseline: bands. A single replica is drawn as it is.
      has_seeds: whether the bands are of several replicas; else each is a line.
      by_cost: whether cost is what bands are drawn over at first; a reader can choose the other.
    """
    best = objective_axis(objectives[0])
    best_label = _("Best %(objective)s") % {"objective": best.label}
    short_label = Axis(_("Best so far"), direction=best.direction).label
    has_hypervolume = len(objectives) > 1
    is_short = not has_hypervolume or len(best_label) <= _MOST_IN_HALF
    layout: Json = {
        "xaxis": {**Axis(_("Trials learned of")).as_plotly(), "rangemode": "tozero"},
        "yaxis": {**best.as_plotly(), "title": {"text": best_label if is_short else short_label}},
        "hovermode": "closest",
    }
    line: Json = {"type": "scatter", "mode": "lines", "cliponaxis": False, "line": {"shape": "hv", "width": 2}}
    traces: dict[str, Json] = {"best": {**line, "name": best_label}}
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
    texts = {"after": _("After trials")}
    settings: Json = {}
    # On an axis of its own, from below to above everything, so that the points lie on the edge of the picture.
    layout["yaxis3"] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True, "domain": [0.0, 1.0]}
    traces["changes"] = {
        "type": "scatter",
        "mode": "markers",
        "name": _("A person changed the search"),
        "yaxis": "y3",
        "cliponaxis": False,
        "showlegend": False,
        "marker": {"symbol": "triangle-up", "size": 9, "color": "var(--data-4)"},
    }
    if is_banded:
        traces["band"] = {
            "type": "scatter",
            "mode": "lines",
            "showlegend": False,
            "hoverinfo": "skip",
            "line": {"shape": "hv", "width": 0},
        }
        texts |= _texts_of_bands(is_simulated=is_simulated)
        settings["across"] = "cost" if by_cost else "trials"
        caption += " " + (
            _("Lines are medians over seeds, in the band of their middle half; its edge holds all of them.")
            if has_seeds
            else _("Solid is the search, dashed random search for the same spending.")
        )
    return Figure(
        name="progress",
        title=_("Hypervolume and best so far") if has_hypervolume else _("Best so far"),
        caption=caption,
        empty=_("The curves begin with the first result."),
        traces=traces,
        layout=layout,
        texts=texts,
        settings=settings,
    )


def _texts_of_bands(*, is_simulated: bool) -> dict[str, str]:
    return {
        "trials": _("Trials learned of"),
        "cost": _("Cost (simulated s)") if is_simulated else _("Cost (s of device time)"),
        "side": _("Side"),
        "value": _("Value"),
        "median": _("Median"),
        "lowest": _("Lowest"),
        "highest": _("Highest"),
        "seeds": _("Seeds"),
    }
