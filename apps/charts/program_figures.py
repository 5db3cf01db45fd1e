"""Populations of programs: how many have which fitness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from nas.core.metric import Direction


def fitness_histogram_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """`programs` of each bin of fitness from `from_fitness` to `to_fitness`."""
    if not data.get("programs"):
        return None
    bins = list(zip(data["from_fitness"], data["to_fitness"], strict=True))
    trace: Json = {
        "type": "bar",
        "name": _("Programs"),
        "x": [(low + high) / 2 for low, high in bins],
        "y": data["programs"],
        "width": [high - low for low, high in bins],
        "customdata": [[low, high] for low, high in bins],
        "marker": {"color": "var(--data-1)"},
        "hovertemplate": "%{customdata[0]:.3~f} – %{customdata[1]:.3~f}: %{y}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": {**Axis(_("Fitness"), direction=Direction.MAXIMISE).as_plotly(), "range": [0, 1]},
        "yaxis": {**Axis(_("Programs")).as_plotly(), "rangemode": "tozero"},
        "hovermode": "closest",
    }
    caption = _(
        "Of all programs that are alive. A single bar means that the children of one program have taken over the population."
    )
    return Figure(f"view_{name}", _(title), caption, "", {"programs": trace}, layout)
