"""A run's objectives as pages and snapshots need them."""

from __future__ import annotations

from apps.live.snapshot_schema import ObjectiveInfo
from nas.core.objective import Objective


def objective_info(objective: Objective) -> ObjectiveInfo:
    declared = objective.declaration
    return ObjectiveInfo(
        metric=objective.metric,
        title=declared.title,
        unit=declared.unit,
        direction=objective.direction.value,
        is_log=declared.is_log,
    )
