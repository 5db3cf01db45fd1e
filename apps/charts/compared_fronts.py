"""The fronts of several runs in one plane: one colour and one shape per run, its trials faint behind them on request."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.figure import Figure
from apps.charts.objective_axis import focus_side, objective_axis
from apps.live.snapshot_schema import ObjectiveInfo


def compared_fronts(objectives: Sequence[ObjectiveInfo]) -> Figure:
    """The first shared objective over the second; of three shared ones a projection, whose fronts are no staircases."""
    across, up = objective_axis(objectives[1]), objective_axis(objectives[0])
    is_plane = len(objectives) == 2
    return Figure(
        name="compared_fronts",
        title=_("Pareto fronts"),
        caption=_(
            "Each run's front, all its seeds together: nothing the run found is better in one and not worse in another."
        ),
        empty=_("The fronts begin with the first results."),
        traces={
            "front": {
                "type": "scatter",
                "mode": "lines+markers" if is_plane else "markers",
                "line": {"shape": "vh" if objectives[1].direction == "maximise" else "hv", "width": 2},
                "marker": {"size": 9, "line": {"width": 1, "color": "var(--surface-card)"}},
            },
            "trials": {
                "type": "scatter",
                "mode": "markers",
                "showlegend": False,
                "hoverinfo": "skip",
                "marker": {"size": 4, "opacity": 0.3},
            },
        },
        layout={"xaxis": across.as_plotly(), "yaxis": up.as_plotly(), "hovermode": "closest"},
        texts={
            "run": _("Run"),
            "trial": _("Trial %(number)s"),
            "baseline": _("%(run)s: random baseline"),
            "thinned": _("Of %(total)s trials, %(drawn)s stand for all: one per spot of the plane."),
        },
        settings={"focus": {"xaxis": focus_side(across), "yaxis": focus_side(up)}},
    )
