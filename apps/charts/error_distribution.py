"""The cumulative distribution of errors (EDF) of the trials: how many architectures are how good.

Radosavovic et al. 2020, arXiv 2003.13678, section 3.1. Failed trials are counted in n and never reached by the curve, so a
space in which half of the architectures fail cannot look as good as one in which none does.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.figure import PERCENT, Axis, Figure
from apps.charts.objective_axis import focus_side, objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS, Direction, MetricSource


def error_distribution(objectives: Sequence[ObjectiveInfo]) -> Figure:
    """Over the first objective that measures quality; accuracy is shown as error in per cent."""
    quality = [i for i, o in enumerate(objectives) if METRICS[o.metric].source is MetricSource.QUALITY]
    index = quality[0] if quality else 0
    objective = objectives[index]
    is_accuracy = objective.metric == "accuracy"
    axis = Axis(_("Error"), "%", Direction.MINIMISE) if is_accuracy else objective_axis(objective)
    return Figure(
        name="error_distribution",
        title=_("Error distribution") if is_accuracy else _("Distribution"),
        caption=_(
            "The share of ended trials that is at least as good as the value below. Failed trials count and are never reached."
        ),
        empty=_("The distribution begins with the first result."),
        traces={"edf": {"type": "scatter", "mode": "lines", "line": {"shape": "hv", "width": 2}}},
        layout={
            "xaxis": axis.as_plotly() | ({"autorange": "reversed"} if axis.direction is Direction.MAXIMISE else {}),
            "yaxis": {"title": {"text": _("Share of trials")}, "range": [0, 1.03], "tickformat": PERCENT},
            "hovermode": "closest",
        },
        texts={
            "legend": _("n %(n)s | min %(min)s | mean %(mean)s"),
            "legend_failed": _("n %(n)s (%(failed)s failed) | min %(min)s | mean %(mean)s"),
            "legend_max": _("n %(n)s | max %(max)s | mean %(mean)s"),
            "legend_max_failed": _("n %(n)s (%(failed)s failed) | max %(max)s | mean %(mean)s"),
            "of": _("Of"),
            "value": axis.label,
            "share": _("Share of trials"),
        },
        settings={
            "objective": index,
            "as_error_percent": is_accuracy,
            "maximise": axis.direction is Direction.MAXIMISE,
            "focus": {"xaxis": focus_side(axis)},
        },
    )
