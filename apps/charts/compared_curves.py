"""How runs got where they are: best value and hypervolume so far, with bands where a run has several seeds."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.charts.compact import compact
from apps.charts.figure import Axis, Figure, Json
from apps.charts.objective_axis import focus_side, objective_axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import Direction


def compared_best(objectives: Sequence[ObjectiveInfo]) -> Figure:
    """The best value of the first shared objective."""
    axis = objective_axis(objectives[0])
    label = _("Best %(objective)s") % {"objective": axis.label}
    caption = _(
        "The best value so far: the median of a run's seeds, in the band their middle half, in its edge all of them."
    )
    return _curves("best", _("Best so far"), label, caption, focus=focus_side(axis), up=axis)


def compared_hypervolume(reference_point: Sequence[float | None]) -> Figure:
    """The hypervolume against one reference point for all runs."""
    axis = Axis(_("Hypervolume"), direction=Direction.MAXIMISE)
    point = ", ".join(compact(value) for value in reference_point)
    caption = _(
        "The hypervolume of all runs against one reference point, the worst of theirs: (%(point)s). "
        "It is not the number on a run's own page, which has its own point."
    ) % {"point": point}
    return _curves("hypervolume", _("Hypervolume"), axis.label, caption, focus=None, up=axis)


def _curves(name: str, title: str, label: str, caption: str, *, focus: str | None, up: Axis) -> Figure:
    band: Json = {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"shape": "hv", "width": 0},
    }
    return Figure(
        name=f"compared_{name}",
        title=title,
        caption=caption,
        empty=_("The curves begin with the first result."),
        traces={
            "median": {"type": "scatter", "mode": "lines", "cliponaxis": False, "line": {"shape": "hv", "width": 2}},
            "band": band,
        },
        layout={
            "xaxis": {**Axis(_("Trials learned of")).as_plotly(), "rangemode": "tozero"},
            "yaxis": {**up.as_plotly(), "title": {"text": label}},
            "hovermode": "closest",
        },
        texts={
            "value": label,
            "trials": _("Trials learned of"),
            "cost": _("Cost (s of device time)"),
            "run": _("Run"),
            "seeds": _("Seeds"),
            "lowest": _("Lowest"),
            "highest": _("Highest"),
            "one_seed": _("%(run)s (single seed)"),
            "some_seeds": _("%(run)s (median of %(count)s seeds)"),
            "baseline": _("%(run)s: random baseline"),
        },
        settings={"focus": {"yaxis": focus}, "series": name},
    )
