"""A population by front: each front a line through its members, the first one strongest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS

_LOOKS = (("var(--data-1)", "circle"), ("var(--data-2)", "square"), ("var(--data-3)", "diamond"))
"""Colour and shape of the first fronts; those after them share the last look."""
_LATER = ("var(--data-4)", "x-thin-open")


def fronts_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Two objectives against each other; of three the first two, without lines; with one, its values over the fronts."""
    metrics = list(data.get("objectives", {}))
    fronts: Sequence[int] = data.get("front", [])
    if not fronts or any(metric not in METRICS for metric in metrics):
        return None
    values = [data["objectives"][metric] for metric in metrics]
    if len(metrics) == 1:
        x, x_axis = list(fronts), Axis(_("Front"))
    else:
        x, x_axis = values[1], _axis(metrics[1])
    phases: Sequence[str] = data.get("phase", [])
    traces: dict[str, Json] = {}
    for place in range(min(max(fronts), len(_LOOKS) + 1)):
        is_later = place == len(_LOOKS)
        chosen = [i for i, front in enumerate(fronts) if front == place + 1 or (is_later and front > place)]
        chosen.sort(key=lambda i: x[i])
        colour, symbol = _LATER if is_later else _LOOKS[place]
        symbols = symbol if is_later or not phases else [_by_phase(symbol, phases[i]) for i in chosen]
        traces[f"front_{place + 1}"] = {
            "type": "scatter",
            "mode": "lines+markers" if len(metrics) == 2 and not is_later else "markers",
            "name": _("Later fronts") if is_later else _("Front %(number)d") % {"number": place + 1},
            "x": [x[i] for i in chosen],
            "y": [values[0][i] for i in chosen],
            "customdata": [data["id"][i] for i in chosen],
            "line": {"width": 1, "color": colour},
            "marker": {"size": 8, "color": colour, "symbol": symbols, "line": {"width": 1, "color": colour}},
            "hovertemplate": "#%{customdata}: %{x:.4~g}, %{y:.4~g}<extra></extra>",
        }
    layout = {"xaxis": x_axis.as_plotly(), "yaxis": _axis(metrics[0]).as_plotly(), "hovermode": "closest"}
    caption = _("Each point is a living member. Nothing dominates front 1; without it, nothing would dominate front 2.")
    if data.get("search_phase") == "exploit":
        caption += " " + _(
            "Filled points were drawn from what the search has learnt; hollow ones come from its exploration."
        )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def _by_phase(symbol: str, phase: str) -> str:
    return symbol if phase == "exploit" else f"{symbol}-open"


def _axis(name: str) -> Axis:
    metric = METRICS[name]
    info = ObjectiveInfo(
        metric=name, title=metric.title, unit=metric.unit, direction=metric.direction.value, is_log=metric.is_log
    )
    return objective_axis(info)
