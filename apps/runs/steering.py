"""What people changed about how a replica searches, as one value: the one place where what holds now follows from what was
asked for. `Run.specification` never changes; `Replica.steering` stores this, as of the replica's version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.runs.models import Intervention as InterventionRow
from apps.runs.models import Replica
from apps.runs.specification import RunSpecification
from nas.core.budget import Budget
from nas.core.config import Config, setting
from nas.core.intervention import (
    ChangeBudget,
    ChangeConstraints,
    ChangeParallelism,
    ForbidOperations,
    Intervention,
    intervention_from_json,
)
from nas.core.objective import Constraint


class Steering(Config):
    """None and empty: as the run began."""

    constraints: tuple[Constraint, ...] | None = setting(
        None, title="Constraints", description="Limits a trial must keep."
    )
    parallelism: int | None = setting(None, title="Trials at a time", description="Waiting or running at once.")
    budget: Budget | None = setting(None, title="Budget", description="When the run ends.")
    forbidden: tuple[str, ...] = setting((), title="Forbidden operations", description="What no new trial may use.")

    @classmethod
    def of(cls, replica: Replica) -> Steering:
        """As of the replica's version."""
        return cls.parse(replica.steering)

    @classmethod
    def asked_for(cls, replica: Replica) -> Steering:
        """Once the next advance has carried out what people asked for since."""
        waiting = InterventionRow.objects.filter(replica=replica, applied_in__isnull=True).order_by("pk")
        return cls.of(replica).after_all(intervention_from_json(row.body) for row in waiting)

    def after(self, change: Intervention) -> Steering:
        changed: dict[str, Any] = {}
        match change:
            case ChangeConstraints(constraints):
                changed = {"constraints": constraints}
            case ForbidOperations(operations):
                changed = {"forbidden": operations}
            case ChangeParallelism(parallelism):
                changed = {"parallelism": parallelism}
            case ChangeBudget(budget):
                changed = {"budget": budget}
        return self.model_copy(update=changed) if changed else self

    def after_all(self, changes: Iterable[Intervention]) -> Steering:
        steering = self
        for change in changes:
            steering = steering.after(change)
        return steering

    def applied_to(self, specification: RunSpecification) -> RunSpecification:
        """What holds instead of it."""
        names = ("constraints", "parallelism", "budget")
        changed = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return specification.model_copy(update=changed) if changed else specification
