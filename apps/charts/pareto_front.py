"""The Pareto front of a run; with one objective its value against the order of trials."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import focus_side, objective_axis
from apps.live.snapshot_schema import ObjectiveInfo


def pareto_front(
    objectives: Sequence[ObjectiveInfo],
    *,
    x: int | None = None,
    y: int = 0,
    baseline: bool = False,
    shares_weights: bool = False,
) -> Figure:
    """The figure of objective `y` over objective `x` (by position; None = the trial's number).

    Without `x`, the second objective is taken where there is one. The step line is drawn with two objectives only: of three,
    a plane shows a projection, in which the front is no staircase. `baseline`: random search runs beside the run; its trials
    are small grey marks that can be hidden. `shares_weights`: long before the first point a supernet is trained.
    """
    if x is None and len(objectives) > 1:
        x = 1 if y != 1 else 0
    across = Axis(_("Trial")) if x is None else objective_axis(objectives[x])
    up = objective_axis(objectives[y])
    if x is None:
        caption = _("Each point is a trial, in the order in which they were proposed; the best is drawn strong.")
        title = _("Values")
    else:
        caption = _(
            "Each point is a trial. The strong ones are the front: nothing found is better in one objective and not worse in another."
        )
        title = _("Pareto front")
    return Figure(
        name="pareto_front",
        title=title,
        caption=caption,
        empty=_("Shared weights are trained first. Architectures that are then trained by themselves appear here.")
        if shares_weights
        else _("The first trial is training. Its point appears here as soon as it ends."),
        traces={
            "dominated": {
                "type": "scatter",
                "mode": "markers",
                "name": _("Dominated"),
                "marker": {"symbol": "circle", "size": 6, "color": "var(--data-faint)", "opacity": 0.6},
            },
            "infeasible": {
                "type": "scatter",
                "mode": "markers",
                "name": _("Breaks a constraint"),
                "marker": {"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": "var(--warn)"}},
            },
            "front": {
                "type": "scatter",
                "mode": "lines+markers" if len(objectives) == 2 else "markers",
                "name": _("Front") if x is not None else _("Best"),
                "line": {"shape": _shape(objectives, x), "width": 2},
                "marker": {"symbol": "diamond", "size": 10, "line": {"width": 1.5, "color": "var(--surface-card)"}},
            },
            **({"baseline": _random_trials()} if baseline else {}),
            "selected": {
                "type": "scatter",
                "mode": "markers",
                "name": _("Chosen"),
                "showlegend": False,
                "hoverinfo": "skip",
                "marker": {"symbol": "circle-open", "size": 17, "line": {"width": 2.5}, "color": "var(--data-2)"},
            },
        },
        layout={"xaxis": across.as_plotly(), "yaxis": up.as_plotly(), "hovermode": "closest"},
        texts={
            "thinned": _("Of %(total)s dominated trials, %(drawn)s stand for all: one per spot of the plane."),
            "trial": _("Trial %(number)s"),
            "replica": _("Replica %(number)s"),
        },
        settings={
            "x": x,
            "y": y,
            "focus": {"xaxis": focus_side(across), "yaxis": focus_side(up)},
            **({"baseline": True} if baseline else {}),
        },
    )


def _random_trials() -> Json:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": _("Random search"),
        "marker": {"symbol": "square-open", "size": 4, "line": {"width": 1}, "color": "var(--calm)", "opacity": 0.6},
    }


def _shape(objectives: Sequence[ObjectiveInfo], x: int | None) -> str:
    """Which way the steps go: what a cost of at most x reaches stays until the next point; mirrored when more x is better."""
    return "vh" if x is not None and objectives[x].direction == "maximise" else "hv"
