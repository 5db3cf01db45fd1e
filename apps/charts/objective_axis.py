"""The axis of an objective."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.charts.figure import Axis
from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.metric import Direction


def objective_axis(objective: ObjectiveInfo) -> Axis:
    return Axis(_(objective.title), objective.unit, Direction(objective.direction), objective.is_log)
