"""Writing one advance down: one transaction moves the replica from version v to v + 1, and only if nobody else did."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction

from apps.live.events import (
    AnyEvent,
    FrontChanged,
    Intervened,
    Noticed,
    ReferencePointFixed,
    ViewsChanged,
)
from apps.live.outbox import emit
from apps.runs.durability import need_not_be_durable
from apps.runs.errors import Superseded
from apps.runs.faults import fault_point
from apps.runs.models import Advance, Intervention, Proposal, Replica, ReplicaView, Run, Trial
from apps.runs.selectors.interventions import intervention_row
from apps.runs.services.accept import accept
from apps.runs.services.advance_decide import Step
from apps.runs.services.checkpoints import checkpoints_drop
from apps.runs.services.guard import guarded
from apps.runs.services.memory import Memory, snapshot_due, snapshot_store
from apps.runs.services.reuse import reuses
from apps.runs.services.rows import rows_update
from apps.runs.services.team_results import team_results_stay
from apps.runs.states import RunState
from nas.core.view import View

VIEWS_EVERY_SECONDS = 1.0


def step_store(run: Run, replica: Replica, memory: Memory, step: Step, *, is_done: bool, now: datetime) -> None:
    version = replica.version + 1
    views = _views_due(memory, is_last=is_done)
    takes_results = bool(step.wishes) and reuses(memory, is_baseline=replica.is_baseline)
    with transaction.atomic():
        need_not_be_durable()
        if takes_results:
            team_results_stay(run.team_id)
        moved = Replica.objects.filter(pk=replica.pk, version=replica.version).update(
            version=version,
            num_asked=replica.num_asked + len(step.wishes),
            num_told=replica.num_told + len(step.told),
            num_retried=replica.num_retried + step.num_retried,
            num_failed=replica.num_failed + step.num_failed,
            best=memory.progress.best,
            hypervolume=memory.progress.hypervolume,
            spent_seconds=memory.progress.spent,
            findings=[*replica.findings, *(row.model_dump() for row in step.findings)],
            is_done=is_done,
            steering=memory.steering.as_json(),
        )
        if not moved:
            raise Superseded
        if step.wishes and not Run.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
            raise Superseded  # paused, stopped or cancelled meanwhile: nothing new may begin
        Advance.objects.create(
            replica=replica,
            number=version,
            interventions=[i.body for i in step.interventions],
            steps=step.steps,
            at=now,
        )
        events = _interventions_store(replica, step, version)
        if step.told:
            Proposal.objects.filter(pk__in=[p.pk for p in step.told]).update(told_in=version)
        if step.trials:
            rows_update(step.trials, ["told_order", "hypervolume", "best", "spent_seconds", "on_front"])
        if step.removed:
            Trial.objects.filter(replica=replica, number__in=step.removed).update(on_front=False)
        if step.needed is not None:
            checkpoints_drop(replica, step.outdated, left_front=step.removed, needed=step.needed)
        if memory.progress.reference != run.reference_point:
            run.reference_point = list(memory.progress.reference)
            Run.objects.filter(pk=run.pk).update(reference_point=run.reference_point)
            events.append(ReferencePointFixed(reference_point=run.reference_point))
        if step.progress:
            events.append(
                FrontChanged(
                    replica=replica.number,
                    progress=step.progress,
                    added=sorted(step.added),
                    removed=sorted(step.removed),
                )
            )
        events += [Noticed(replica=replica.number, **row.model_dump()) for row in step.findings]
        if step.wishes:
            events += accept(run, replica, memory, step, now, takes_results=takes_results)
        events += _views_store(replica, views, version)
        memory.version = version
        if snapshot_due(version):
            snapshot_store(replica, memory)
        emit(run.pk, events)
        fault_point("advance.before_commit")


def _interventions_store(replica: Replica, step: Step, version: int) -> list[AnyEvent]:
    if not step.interventions:
        return []
    num_before = Intervention.objects.filter(replica=replica, applied_in__isnull=False).count()
    for intervention in step.interventions:
        intervention.applied_in = version
    rows_update(step.interventions, ["applied_in", "told_before"])
    return [
        Intervened(replica=replica.number, **intervention_row(intervention, num_before + place).model_dump())
        for place, intervention in enumerate(step.interventions)
    ]


def _views_due(memory: Memory, *, is_last: bool) -> list[View]:
    """Not too often; at the end always, or the pictures would lack what came in the last second."""
    if not is_last and time.monotonic() - memory.views_at < VIEWS_EVERY_SECONDS:
        return []
    memory.views_at = time.monotonic()
    return guarded(memory.strategy.views)


def _views_store(replica: Replica, views: list[View], version: int) -> list[AnyEvent]:
    for view in views:
        ReplicaView.objects.update_or_create(
            replica=replica,
            name=view.name,
            defaults={"title": view.title, "kind": view.kind, "data": dict(view.data), "advance_number": version},
        )
    return [ViewsChanged(replica=replica.number, names=[view.name for view in views])] if views else []
