"""Progressive search from size to size: of how many candidates how many were evaluated and went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json


def levels_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """Bars on a logarithmic axis; beneath them how well the predictions ordered each size, before and after learning from it."""
    if not data.get("size"):
        return None
    sizes = [str(size) for size in data["size"]]
    bars = {
        "candidates": (_("Candidates"), "var(--data-faint)"),
        "trained": (_("Evaluated"), "var(--data-1)"),
        "kept": (_("Grown on"), "var(--data-2)"),
    }
    traces: dict[str, Json] = {
        column: {
            "type": "bar",
            "name": label,
            "x": sizes,
            "y": data[column],
            "text": data[column],
            "textposition": "auto",
            "marker": {"color": colour},
            "hovertemplate": "%{x}: %{y:,}<extra>%{fullData.name}</extra>",
        }
        for column, (label, colour) in bars.items()
    }
    layout: Json = {
        "barmode": "group",
        "xaxis": {**Axis(_("Size (steps)")).as_plotly(), "type": "category"},
        "yaxis": Axis(_("Architectures"), is_log=True).as_plotly(),
        "hovermode": "closest",
    }
    caption = _("Of all candidates of a size the model picks those to evaluate; the best of these grow in every way.")
    if any(value is not None for value in data["before"]):
        marks = (
            ("before", _("Order, predicted before"), "circle-open"),
            ("after", _("Order, after learning"), "circle"),
        )
        for column, label, symbol in marks:
            traces[column] = {
                "type": "scatter",
                "mode": "markers",
                "name": label,
                "x": sizes,
                "y": data[column],
                "yaxis": "y2",
                "marker": {"size": 9, "symbol": symbol, "color": "var(--data-3)"},
                "hovertemplate": "%{x}: %{y:.2f}<extra>%{fullData.name}</extra>",
            }
        layout["xaxis"] |= {"anchor": "y2"}
        layout["yaxis"] |= {"domain": [0.38, 1]}
        layout["yaxis2"] = {
            **Axis(_("Rank correlation")).as_plotly(),
            "domain": [0, 0.28],
            "range": [-1.05, 1.05],
            "nticks": 3,
        }
        caption += " " + _(
            "Below: how well the model ordered what was evaluated of a size, before and after it learned from it (1: exactly)."
        )
    settings = {"height": 400 if "yaxis2" in layout else 320}  # so that the titles of the axes do not meet
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings=settings)
