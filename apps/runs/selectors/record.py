"""The reproducibility record as one document: what was stored at the beginning, and what the run added since."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum

from apps.runs.models import Advance, Attempt, Intervention, Run, Trial
from apps.workers.models import Worker


def run_record(run: Run, *, with_specification: bool = True, with_advances: bool = False) -> dict[str, Any]:
    """Everything it takes to repeat the run, as JSON values.

    Args:
      with_specification: what was asked for; a page that shows it elsewhere leaves it out.
      with_advances: the order of tells and asks of every replica too; long, and what a replay bit for bit needs.
    """
    record: dict[str, Any] = {
        "run": {"id": run.pk, "name": run.name, "state": run.state, "end_reason": run.end_reason},
        **({"specification": run.specification} if with_specification else {}),
        **run.record,
        "reference_point": run.reference_point,
        "workers": [_worker(worker) for worker in workers_of(run)],
        "cost": cost_of(run),
        "interventions": [_intervention(row) for row in interventions_of(run)],
    }
    if with_advances:
        record["advances"] = [
            {"replica": replica, "number": number, "interventions": interventions, "steps": steps, "at": at.isoformat()}
            for replica, number, interventions, steps, at in Advance.objects.filter(replica__run=run)
            .order_by("replica__number", "number")
            .values_list("replica__number", "number", "interventions", "steps", "at")
        ]
    return record


def interventions_of(run: Run) -> list[Intervention]:
    """What people changed while it went on, replica by replica, in the order in which they asked for it."""
    return list(
        Intervention.objects.filter(replica__run=run).select_related("by", "replica").order_by("replica__number", "pk")
    )


def _intervention(row: Intervention) -> dict[str, Any]:
    """`advance`: the step before which it was carried out, null while it waits for one."""
    return {
        "replica": row.replica.number,
        "by": row.by.get_username() if row.by else None,
        "at": row.created_at.isoformat(),
        "advance": row.applied_in,
        "told_before": row.told_before,
        "body": row.body,
    }


def workers_of(run: Run) -> list[Worker]:
    """The workers that took part, in the order of their start."""
    attempts = Attempt.objects.filter(job__run=run, worker__isnull=False)
    return list(Worker.objects.filter(pk__in=attempts.values("worker")).order_by("started_at", "pk"))


def _worker(worker: Worker) -> dict[str, Any]:
    return {
        "name": worker.name,
        "host": worker.host,
        "device": worker.device,
        "device_name": worker.device_name,
        "environment": worker.fingerprint,
    }


def cost_of(run: Run) -> dict[str, Any]:
    """Trials by how they ended, and device seconds in all (simulated ones say so)."""
    trials = Trial.objects.filter(run=run).order_by()
    total = trials.aggregate(total=Sum("cost_seconds"))["total"]
    return {
        "trials": dict(trials.values_list("state").annotate(count=Count("pk"))),
        "device_seconds": round(total or 0.0, 3),
        "is_simulated": run.is_simulated,
    }
