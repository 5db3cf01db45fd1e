"""The axis of an objective, and which side of it may be cut off."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.charts.figure import Axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import METRICS, Direction


def objective_axis(objective: ObjectiveInfo) -> Axis:
    return Axis(_(objective.title), objective.unit, Direction(objective.direction), objective.is_log)


def metric_axis(name: str) -> Axis:
    """The axis of a metric in its usual direction."""
    metric = METRICS[name]
    return Axis(_(metric.title), metric.unit, metric.direction, metric.is_log)


def focus_side(axis: Axis) -> str | None:
    """The end ("low", "high") from which values far worse than the rest are left out at first; None: nothing is.

    One network that did not learn would else press all others into a line. A logarithmic axis has room for it.
    """
    if axis.direction is None or axis.is_log:
        return None
    return "low" if axis.direction is Direction.MAXIMISE else "high"
