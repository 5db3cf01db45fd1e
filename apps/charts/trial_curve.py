"""The learning curve of one trial: a panel for each family of metrics, over the steps of its training."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.charts.figure import Axis, Figure


def trial_curve() -> Figure:
    return Figure(
        name="trial_curve",
        title=_("Learning curve"),
        caption=_("A gap is a step whose value was not a number."),
        empty=_("The curve begins with the first step of the training."),
        traces={"metric": {"type": "scatter", "mode": "lines+markers", "marker": {"size": 4}, "line": {"width": 2}}},
        layout={"xaxis": {**Axis(_("Epoch")).as_plotly(), "rangemode": "tozero"}, "hovermode": "x unified"},
        texts={"step": _("Epoch")},
    )
