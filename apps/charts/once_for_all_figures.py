"""Once-for-All: how accurate the smallest, a middle and the largest network are from phase to phase; the evolution for each device."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import metric_axis

_COLOURS = 5  # var(--data-1) … var(--data-5); after those they begin again
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def phases_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Three lines over the epochs; the phases stand above, a thin line where one begins."""
    if not data.get("epoch"):
        return None
    lines = {
        "largest": (_("Largest network"), "var(--data-1)", "circle"),
        "middle": (_("Middle network"), "var(--data-2)", "square"),
        "smallest": (_("Smallest network"), "var(--data-3)", "diamond"),
    }
    traces: dict[str, Json] = {
        column: {
            "type": "scatter",
            "mode": "lines+markers",
            "name": label,
            "x": data["epoch"],
            "y": data[column],
            "line": {"width": 2, "color": colour},
            "marker": {"size": 6, "symbol": symbol, "color": colour},
            "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        }
        for column, (label, colour, symbol) in lines.items()
    }
    names = {
        "full": _("full"),
        "kernel": _("kernels"),
        "depth 1": _("depth 1"),
        "depth 2": _("depth 2"),
        "width 1": _("width 1"),
        "width 2": _("width 2"),
    }
    begins: list[tuple[str, int]] = []
    for phase, epochs in groupby(zip(data["phase"], data["epoch"], strict=True), key=lambda pair: pair[0]):
        begins.append((names.get(phase, phase), next(epochs)[1]))
    layout: Json = {
        "xaxis": Axis(_("Epoch")).as_plotly(),
        "yaxis": metric_axis("shared_accuracy").as_plotly(),
        "hovermode": "closest",
        "shapes": [_border(epoch - 0.5) for _phase, epoch in begins[1:]],
        "annotations": [_mark(phase, epoch) for phase, epoch in begins],
        # Above the names of the phases.
        "legend": {"orientation": "h", "x": 0, "y": 1.1, "xanchor": "left", "yanchor": "bottom", "font": {"size": 11}},
        "margin": {"l": 48, "r": 12, "t": 56, "b": 40},
    }
    caption = _(
        "Accuracy on validation examples with the shared weights, statistics of batch norm taken anew. Above: which part of the "
        "training an epoch belongs to; smaller networks catch up once their kernels, depths and widths are trained."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": 360})


def specialising_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """The best prediction over the generations, a line for each device."""
    if not data.get("device"):
        return None
    traces: dict[str, Json] = {}
    for number in sorted(set(data["device"])):
        places = [place for place, device in enumerate(data["device"]) if device == number]
        look = number - 1
        traces[f"device{number}"] = {
            "type": "scatter",
            "mode": "lines",
            "name": _("At most %(limit)s") % {"limit": data["limit"][places[0]]},
            "x": [data["generation"][place] for place in places],
            "y": [data["best"][place] for place in places],
            "line": {
                "width": 2,
                "color": f"var(--data-{look % _COLOURS + 1})",
                "dash": _DASHES[look // _COLOURS % len(_DASHES)],
            },
            "hovertemplate": "%{x}: %{y:.4~g}<extra>%{fullData.name}</extra>",
        }
    layout: Json = {
        "xaxis": Axis(_("Generation")).as_plotly(),
        "yaxis": Axis(_("Predicted accuracy")).as_plotly(),
        "hovermode": "closest",
    }
    caption = _(
        "The best network so far within each limit, as the model of accuracy predicts it. Nothing is trained here."
    )
    return Figure(f"view_{name}", _(title), caption, "", traces, layout)


def _border(epoch: float) -> Json:
    line = {"width": 1, "dash": "dot", "color": "var(--data-faint)"}
    return {"type": "line", "yref": "paper", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "line": line}


def _mark(phase: str, epoch: float) -> Json:
    anchors = {"xanchor": "left", "yanchor": "bottom", "yref": "paper"}
    return {"text": phase, "x": epoch - 0.5, "y": 1.0, "showarrow": False, "font": {"size": 11}, **anchors}
