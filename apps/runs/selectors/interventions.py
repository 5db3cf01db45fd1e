"""What people changed about a search, as events, snapshots and the record tell it."""

from __future__ import annotations

from apps.live.events import InterventionRow
from apps.runs.models import Intervention, Replica
from nas.core.intervention import ChangeBudget, ChangeConstraints, ChangeParallelism, ForbidOperations, Retry
from nas.core.intervention import intervention_from_json as read


def intervention_row(intervention: Intervention, number: int) -> InterventionRow:
    """`number`: how many were applied in its replica before it."""
    change = read(intervention.body)
    row = InterventionRow(
        number=number,
        told_before=intervention.told_before or 0,
        kind=change.kind,
        by=intervention.by.get_username() if intervention.by else "",
    )
    match change:
        case Retry(proposals):
            return row.model_copy(update={"num_trials": len(proposals)})
        case ForbidOperations(operations):
            return row.model_copy(update={"operations": list(operations)})
        case ChangeConstraints(constraints):
            return row.model_copy(update={"constraints": [str(constraint) for constraint in constraints]})
        case ChangeParallelism(parallelism):
            return row.model_copy(update={"parallelism": parallelism})
        case ChangeBudget(budget):
            return row.model_copy(update={"budget_trials": budget.trials, "budget_wall_seconds": budget.wall_seconds})
    return row


def interventions_applied(replica: Replica) -> list[InterventionRow]:
    """In the order in which the replica met them."""
    applied = Intervention.objects.filter(replica=replica, applied_in__isnull=False).select_related("by").order_by("pk")
    return [intervention_row(intervention, number) for number, intervention in enumerate(applied)]
