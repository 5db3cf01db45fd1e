"""Programs: how many of a population have which fitness, and what each line of one is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.charts.compact import compact
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


def program_removals_figure(name: str, title: str, data: Mapping[str, Any]) -> Figure | None:
    """A pair of bars per part of a program: fitness that is lost without it, as it is and after tuning its constants anew."""
    if not data.get("part"):
        return None
    bars = {
        "loss": (_("Constants as they were"), "var(--data-1)"),
        "loss_when_tuned": (_("Constants tuned anew"), "var(--data-2)"),
    }
    traces: dict[str, Json] = {
        role: {
            "type": "bar",
            "orientation": "h",
            "name": words,
            "x": data[role],
            "y": data["part"],
            "customdata": data["instruction"],
            "marker": {"color": colour},
            "hovertemplate": "%{customdata}: %{x:.4~f}<extra>%{fullData.name}</extra>",
        }
        for role, (words, colour) in bars.items()
    }
    layout = {
        "xaxis": {**Axis(_("Loss of fitness")).as_plotly(), "zeroline": True},
        "yaxis": {"autorange": "reversed", "automargin": True, "showgrid": False},
        "barmode": "group",
        "bargap": 0.3,
        "hovermode": "closest",
    }
    caption = _(
        "Each line was taken out of the live program (S, P, L: lines of Setup, Predict, Learn), which reaches %(fitness)s, and "
        "%(tuned)s after %(trials)s trials of tuning; without the line it was tuned as long. On the first %(tasks)s of the tasks "
        "to select by."
    ) % {
        "fitness": compact(data["whole_fitness"]),
        "tuned": compact(data["whole_tuned_fitness"]),
        "trials": data["num_trials"],
        "tasks": data["num_tasks"],
    }
    height = 130 + 30 * len(data["part"])
    return Figure(f"view_{name}", _(title), caption, "", traces, layout, settings={"height": height})
