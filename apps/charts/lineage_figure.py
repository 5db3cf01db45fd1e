"""Who descends from whom: trials in order, a line from parent to child, one line of ancestors drawn strong."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import focus_side, objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import Direction


def lineage_figure(objective: ObjectiveInfo) -> Figure:
    """Operators differ in colour and in the shape of their points; the three kinds of descent in dashes."""
    axis = objective_axis(objective)
    points: Json = {"type": "scatter", "mode": "markers", "cliponaxis": False}
    legend: Json = {"type": "scatter", "mode": "lines", "hoverinfo": "skip"}
    child = _edge("solid", "var(--data-faint)")
    second = _edge("dot", "var(--data-faint)")
    goes_on = _edge("dash", "var(--data-1)")
    return Figure(
        name="lineage",
        title=_("Lineage"),
        caption=_(
            "Each point is a trial; a line leads from each parent to its child. The strong line leads from the first ancestor to "
            "the chosen trial, or to the best while none is chosen. Crosses at the edge failed and have no value."
        ),
        empty=_("The tree begins with the first result."),
        traces={
            "trials": points,
            "child": {**legend, "name": _("first parent"), "line": child["line"]},
            "second": {**legend, "name": _("second parent"), "line": second["line"]},
            "goes_on": {**legend, "name": _("same architecture again"), "line": goes_on["line"]},
            "failed": {
                **points,
                "name": _("Failed"),
                "marker": {"symbol": "x-thin", "size": 8, "line": {"width": 1.5, "color": "var(--bad)"}},
            },
            "line": {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _("Ancestors"),
                "cliponaxis": False,
                "line": {"width": 3, "color": "var(--data-2)"},
                "marker": {"size": 9, "color": "var(--data-2)", "line": {"width": 1.5, "color": "var(--surface-card)"}},
            },
            "selected": {
                "type": "scatter",
                "mode": "markers",
                "showlegend": False,
                "hoverinfo": "skip",
                "marker": {"symbol": "circle-open", "size": 17, "line": {"width": 2.5}, "color": "var(--data-2)"},
            },
        },
        layout={"xaxis": Axis(_("Trial")).as_plotly(), "yaxis": axis.as_plotly(), "hovermode": "closest"},
        texts={
            "trial": _("Trial %(number)s"),
            "replica": _("Replica %(number)s"),
            "operator": _("Operator"),
            "changed": _("Changed"),
            "parents": _("Parents: %(numbers)s"),
            "value": f"{axis.title}: %(value)s {axis.unit}".rstrip(),
            "thinned": _("Of %(total)s trials, %(drawn)s stand for all: one per spot of the plane."),
        },
        settings={
            "child": child,
            "second": second,
            "goes_on": goes_on,
            "operators": _operators(),
            "other": {"symbol": "pentagon", "size": 7, "color": "var(--data-6)", "opacity": 0.85},
            "worse": "low" if objective.direction == Direction.MAXIMISE else "high",
            "focus": {"yaxis": focus_side(axis)},
        },
    )


def _edge(dash: str, colour: str) -> Json:
    """The look of a shape; behind the points."""
    return {"line": {"color": colour, "width": 1, "dash": dash}, "opacity": 0.6, "layer": "below"}


def _operators() -> Json:
    """The operators that strategies use most, in the order of the legend. Others share a look of their own."""
    looks = (
        ("random", _("random"), "circle", "var(--data-faint)"),
        ("added", _("by hand"), "star", "var(--data-5)"),
        ("mutate", _("mutation"), "circle", "var(--data-1)"),
        ("crossover", _("crossover"), "diamond", "var(--data-4)"),
        ("crossover+mutate", _("crossover and mutation"), "diamond", "var(--data-3)"),
        ("neighbour", _("neighbour"), "triangle-up", "var(--data-3)"),
        ("acquisition", _("acquisition"), "square", "var(--data-3)"),
        ("copy", _("copy"), "square", "var(--data-faint)"),
        ("promote", _("more budget"), "circle-open", "var(--data-1)"),
        ("retry", _("tried again"), "square-open", "var(--data-5)"),
    )
    return {
        name: {"title": title, "marker": {"symbol": symbol, "size": 7, "color": colour, "opacity": 0.85}}
        for name, title, symbol, colour in looks
    }
