"""Scores with shared weights: against a cost, and against training from scratch. Points are trials: a click opens them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.charts.figure import PERCENT, Axis, Figure, Json
from apps.charts.objective_axis import metric_axis
from nas.core.metric import METRICS

POINTS_ARE_ROWS = {"points_are_rows": True}
"""Setting of a figure whose `customdata` are rows of the view's columns; the page puts the trial of the row in their place."""


def shared_candidates_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """The shared front as a line with stars; generations, where there are several, as shades."""
    front = sorted((i for i, on in enumerate(data["on_front"]) if on), key=lambda i: data["cost"][i])
    others = [i for i, on in enumerate(data["on_front"]) if not on]
    known = [number for number in data["generation"] if number is not None]
    shades = (min(known), max(known)) if known and min(known) < max(known) else None
    metric = str(data["metric"])
    axis = metric_axis(metric) if metric in METRICS else Axis(metric.replace("_", " ").capitalize())
    line = {"color": "var(--data-2)", "shape": "hv", "width": 1.5}
    traces = {
        "others": _points(_("Scored"), data, others, shades, symbol="circle", size=7),
        "front": {
            **_points(_("Shared front"), data, front, shades, symbol="star", size=12),
            "mode": "lines+markers",
            "line": line,
        },
    }
    layout = {
        "xaxis": {**Axis(axis.title, axis.unit, axis.direction).as_plotly(), "tickformat": "~s"},
        "yaxis": {**metric_axis("shared_accuracy").as_plotly(), "tickformat": PERCENT},
        "hovermode": "closest",
    }
    if shades:
        layout["coloraxis"] = {
            "colorscale": [[0, "var(--data-faint)"], [1, "var(--data-1)"]],
            "cmin": shades[0],
            "cmax": shades[1],
            "colorbar": {"thickness": 10, "outlinewidth": 0, "title": {"text": _("Generation")}, "nticks": 5},
        }
    total = data["num_scored"]
    caption = ngettext(
        "%(count)s architecture scored without training of its own; a click on it shows its trial.",
        "%(count)s architectures scored without training of their own; a click on one shows its trial.",
        total,
    ) % {"count": total}
    caption += " " + _("Stars on the line are the shared front: nothing scored is more accurate and cheaper.")
    caption += " " + _("Scores with shared weights rank architectures; they are no accuracies of finished networks.")
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings=POINTS_ARE_ROWS)


def rank_correlation_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure:
    """Stand-alone accuracy over the shared score; the caption has Kendall's tau and the number of pairs."""
    count, tau = data["num_pairs"], data["kendall_tau"]
    if not count:
        return Figure(
            f"view_{name}", _(title), "", _("No architecture with a shared score was trained from scratch yet."), {}, {}
        )
    pairs = list(range(count))
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": data["shared_accuracy"],
        "y": data["accuracy"],
        "customdata": pairs,
        "marker": {"size": 9, "color": "var(--data-1)"},
        "hovertemplate": "#%{customdata[1]}: %{x:.4~g}, %{y:.4~g}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": {**metric_axis("shared_accuracy").as_plotly(), "tickformat": PERCENT},
        "yaxis": {
            **Axis(_("Accuracy from scratch"), direction=METRICS["accuracy"].direction).as_plotly(),
            "tickformat": PERCENT,
        },
        "hovermode": "closest",
    }
    if tau is None:
        caption = _(
            "Each point was scored with shared weights, then trained from scratch. One pair says nothing about ranks."
        )
        if count > 1:
            caption = _("All scores on one side are equal: they rank nothing.")
    else:
        caption = ngettext(
            "Kendall's tau is %(tau).2f over %(count)s pair: 1 if shared weights rank as training does, 0 if by chance.",
            "Kendall's tau is %(tau).2f over %(count)s pairs: 1 if shared weights rank as training does, 0 if by chance.",
            count,
        ) % {"tau": tau, "count": count}
        if count < 10:
            caption += " " + _("So few pairs say little.")
    return Figure(f"view_{name}", _(title), caption, "", {"pairs": trace}, layout, settings=POINTS_ARE_ROWS)


def _points(
    label: str, data: Mapping[str, Any], rows: Sequence[int], shades: tuple[int, int] | None, *, symbol: str, size: int
) -> Json:
    marker: Json = {"size": size, "symbol": symbol, "color": "var(--data-1)"}
    if shades:
        marker |= {"color": [data["generation"][i] for i in rows], "coloraxis": "coloraxis"}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": label,
        "x": [data["cost"][i] for i in rows],
        "y": [data["shared_accuracy"][i] for i in rows],
        "customdata": list(rows),
        "marker": marker,
        "showlegend": shades is None,  # where points have shades, the legend would have none of them
        "hovertemplate": "#%{customdata[1]}: %{y:.2%}, %{x:.4~s}<extra></extra>",
    }
