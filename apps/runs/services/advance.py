"""Advancing a run: tell the strategy what finished, ask it what is next, store both in one step.

Short, idempotent, safe to call from anywhere at any time. Everything is computed outside a transaction; one transaction then
moves the replica from version v to v + 1, and only if nobody else did. See DESIGN, "The life of a run".
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import Error as DatabaseError
from django.db import transaction

from apps.live.events import (
    AnyEvent,
    FrontChanged,
    Intervened,
    ProgressRow,
    ReferencePointFixed,
    TrialsAdded,
    ViewsChanged,
)
from apps.live.outbox import emit
from apps.runs.durability import need_not_be_durable
from apps.runs.errors import Superseded
from apps.runs.faults import fault_point
from apps.runs.models import Advance, Intervention, Job, Proposal, Replica, ReplicaView, Run, Trial
from apps.runs.selectors.clock import working_seconds
from apps.runs.services.checkpoints import checkpoints_drop, checkpoints_needed
from apps.runs.services.memory import Memory, snapshot_due, snapshot_store, warm
from apps.runs.services.report import report_begin
from apps.runs.services.rows import rows_update
from apps.runs.services.state import run_move
from apps.runs.services.trials import architectures_for, trial_numbers_take, values_of
from apps.runs.services.withdraw import STOPPED_REASON, jobs_withdraw
from apps.runs.states import JobState, RunState
from apps.runs.wake import control_woken, wake_workers
from nas.core.errors import NasError
from nas.core.proposal import EVALUATE
from nas.core.proposal import Proposal as Wish
from nas.core.space import architecture_key
from nas.core.strategy import intervention_from_json
from nas.core.view import View

logger = logging.getLogger(__name__)

TOLD_AT_ONCE = 500
VIEWS_EVERY_SECONDS = 1.0
T = TypeVar("T")


class StrategyFailed(Exception):
    """The strategy cannot go on; the message is the reason the run ends with."""


def run_advance(*, run_id: int, clock: Callable[[], datetime]) -> None:
    """Bring the run as far as it can go now. Doing it twice, or from two places at once, changes nothing more."""
    control_woken(run_id)
    while True:
        run = Run.objects.filter(pk=run_id).first()
        if run is None:
            return
        if run.state == RunState.QUEUED:
            with transaction.atomic():
                run_move(run_id, RunState.RUNNING, only_from=[RunState.QUEUED], started_at=clock())
            continue
        if run.state not in (RunState.RUNNING, RunState.STOPPING):
            # What ends during a pause is told after it, one result at a time with the places it frees: a pause leaves no trace
            # in what is proposed.
            return
        if run.state == RunState.STOPPING:
            # What an advance accepted in the very moment of the stop is withdrawn here.
            with transaction.atomic():
                jobs_withdraw(run, reason=STOPPED_REASON, now=clock(), also_running=False)
        try:
            unsettled = [_replica_advance(run, replica, clock()) for replica in run.replicas.order_by("number")]
        except Superseded:
            continue
        except StrategyFailed as error:
            _run_fail(run, str(error), clock())
            return
        if not any(unsettled):
            _run_end_if_done(run, clock())
            return


@dataclass
class _Step:
    """What one advance of one replica found and decided, before it is stored."""

    interventions: list[Intervention] = field(default_factory=list)
    steps: list[tuple[int | None, int, int]] = field(default_factory=list)
    told: list[Proposal] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    progress: list[ProgressRow] = field(default_factory=list)
    added: set[int] = field(default_factory=set)  # trial numbers
    removed: set[int] = field(default_factory=set)
    wishes: list[Wish] = field(default_factory=list)
    num_retried: int = 0
    num_failed: int = 0
    outdated: set[int] = field(default_factory=set)  # proposals whose checkpoints nobody will go on from


def _replica_advance(run: Run, replica: Replica, now: datetime) -> bool:
    """One advance; True when the replica should be looked at again at once."""
    with warm.lock(replica.pk):
        # Read again under the lock: another thread of this process may have moved it.
        replica.refresh_from_db()
        interventions = list(
            Intervention.objects.filter(replica=replica, applied_in__isnull=True).order_by("pk").select_related("by")
        )
        finished = list(
            Proposal.objects.filter(replica=replica, told_in__isnull=True, finished_at__isnull=False)
            .order_by("finished_at", "number")
            .defer("body")[:TOLD_AT_ONCE]
        )
        if replica.is_done and not finished and not interventions:
            return False
        memory = _guarded(lambda: warm.recall(run, replica))
        if None not in run.reference_point:
            memory.progress.adopt(run.reference_point)  # the first replica to know one decides for all
        try:
            needed_before = checkpoints_needed(memory.strategy, memory.setup)
            step = _decide(run, replica, memory, interventions=interventions, finished=finished, now=now)
            is_done = _is_done(run, replica, memory, step, now)
            in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
            if needed_before is not None:
                needed = checkpoints_needed(memory.strategy, memory.setup) or frozenset()
                nobody_goes_on = is_done and in_flight == 0
                step.outdated = {p.number for p in step.told} | needed_before
                step.outdated -= frozenset() if nobody_goes_on else needed
            if not step.steps and not interventions and is_done == replica.is_done:
                return False
            fault_point("advance.decided")
            _store(run, replica, memory, step, is_done=is_done, now=now)
            fault_point("advance.stored")
        except BaseException:
            warm.forget(replica.pk)
            raise
        # What finishes from now on calls by itself; only more than one advance holds, or the end, is due at once.
        return is_done or in_flight == 0 or len(finished) == TOLD_AT_ONCE


def _decide(
    run: Run,
    replica: Replica,
    memory: Memory,
    *,
    interventions: list[Intervention],
    finished: list[Proposal],
    now: datetime,
) -> _Step:
    """Interventions, then each result followed at once by asking for the places it freed."""
    step = _Step(interventions=interventions)
    strategy, specification = memory.strategy, memory.specification
    for intervention in interventions:
        change = intervention_from_json(intervention.body)
        _guarded(lambda change=change: strategy.intervene(change))  # type: ignore[misc]
        step.num_retried += len(getattr(change, "proposals", ()))
    trials: dict[int, list[Trial]] = {}
    of_finished = Trial.objects.filter(proposal__in=[p.pk for p in finished], told_order__isnull=True)
    for trial in of_finished.order_by("serial").defer("detail"):
        trials.setdefault(trial.proposal_id, []).append(trial)

    def ask(told: int | None) -> None:
        in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
        places = min(
            specification.parallelism - in_flight,
            _budget_left(run, replica, step, now, retried=replica.num_retried + step.num_retried, memory=memory),
        )
        if places > 0:
            asked: list[Wish] = _guarded(lambda: strategy.ask(places))
            if told is not None or asked:
                step.steps.append((told, places, len(asked)))
            step.wishes += asked
        elif told is not None:
            step.steps.append((told, 0, 0))

    if not finished:
        ask(None)
    for proposal in finished:
        result = proposal.outcome()
        _guarded(lambda proposal=proposal, result=result: strategy.tell(proposal.number, result))  # type: ignore[misc]
        step.told.append(proposal)
        step.num_failed += not result.status.is_ok
        for trial in trials.get(proposal.pk, ()):
            _note_progress(step, memory, trial)
        ask(proposal.number)
    return step


def _note_progress(step: _Step, memory: Memory, trial: Trial) -> None:
    values = values_of(memory.specification, trial.metrics)
    trial.told_order = memory.progress.num_told
    change = memory.progress.tell(trial.number, values, counts=trial.is_feasible)
    trial.hypervolume, trial.best, trial.on_front = change.hypervolume, change.best, change.added
    step.trials.append(trial)
    step.progress.append(
        ProgressRow(told_order=trial.told_order, number=trial.number, hypervolume=change.hypervolume, best=change.best)
    )
    if change.added:
        step.added.add(trial.number)
    for gone in change.removed:
        if gone in step.added:
            step.added.remove(gone)
        else:
            step.removed.add(gone)
        for earlier in step.trials:
            if earlier.number == gone:
                earlier.on_front = False


def _budget_left(run: Run, replica: Replica, step: _Step, now: datetime, *, retried: int, memory: Memory) -> int:
    if run.state != RunState.RUNNING:
        return 0
    budget = memory.specification.budget
    if budget.wall_seconds is not None and working_seconds(run, now) >= budget.wall_seconds:
        # What a person asks for again is still carried out.
        return max(0, step.num_retried - len(step.wishes))
    if budget.trials is None:
        return memory.specification.parallelism
    accepted = replica.num_trials + sum(wish.kind == EVALUATE for wish in step.wishes)
    return budget.trials + retried - accepted


def _is_done(run: Run, replica: Replica, memory: Memory, step: _Step, now: datetime) -> bool:
    """Whether this replica will never ask again: its budget is spent or its strategy has nothing more."""
    if run.state == RunState.STOPPING:
        return True
    if run.state != RunState.RUNNING:
        return replica.is_done
    left = _budget_left(run, replica, step, now, retried=replica.num_retried + step.num_retried, memory=memory)
    if left <= 0 or memory.strategy.done():
        return True
    in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
    if in_flight == 0:
        raise StrategyFailed(
            f"the strategy {run.strategy_name} proposes nothing although nothing is under way and budget is left"
        )
    return False


def _store(run: Run, replica: Replica, memory: Memory, step: _Step, *, is_done: bool, now: datetime) -> None:
    version = replica.version + 1
    views = _views_due(memory)
    with transaction.atomic():
        need_not_be_durable()
        moved = Replica.objects.filter(pk=replica.pk, version=replica.version).update(
            version=version,
            num_asked=replica.num_asked + len(step.wishes),
            num_told=replica.num_told + len(step.told),
            num_retried=replica.num_retried + step.num_retried,
            num_failed=replica.num_failed + step.num_failed,
            best=memory.progress.best,
            hypervolume=memory.progress.hypervolume,
            is_done=is_done,
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
        if step.interventions:
            Intervention.objects.filter(pk__in=[i.pk for i in step.interventions]).update(applied_in=version)
        if step.told:
            Proposal.objects.filter(pk__in=[p.pk for p in step.told]).update(told_in=version)
            checkpoints_drop(replica, step.outdated)
        if step.trials:
            rows_update(step.trials, ["told_order", "hypervolume", "best", "on_front"])
        if step.removed:
            Trial.objects.filter(replica=replica, number__in=step.removed).update(on_front=False)
        events: list[AnyEvent] = [
            Intervened(replica=replica.number, kind=i.body["kind"], by=i.by.get_username() if i.by else "")
            for i in step.interventions
        ]
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
        if step.wishes:
            events += _accept(run, replica, memory, step.wishes, now)
        events += _views_store(replica, views, version)
        memory.version = version
        if snapshot_due(version):
            snapshot_store(replica, memory)
        emit(run.pk, events)
        fault_point("advance.before_commit")


def _accept(run: Run, replica: Replica, memory: Memory, wishes: list[Wish], now: datetime) -> list[AnyEvent]:
    """Rows for what the strategy wants: proposals, packed into jobs, and a trial for each architecture."""
    jobs = [
        Job(run=run, replica=replica, kind=batch[0].kind, queue=memory.specification.device)
        for batch in _batches(wishes, memory.specification.batch_size)
    ]
    Job.objects.bulk_create(jobs)
    rows = [
        Proposal(replica=replica, number=wish.id, body=wish.as_json(), job=job)
        for job, batch in zip(jobs, _batches(wishes, memory.specification.batch_size), strict=True)
        for wish in batch
    ]
    Proposal.objects.bulk_create(rows)
    transaction.on_commit(lambda: wake_workers(memory.specification.device, len(jobs)), robust=True)
    space = memory.setup.space
    evaluations = [(row, wish) for row, wish in zip(rows, wishes, strict=True) if wish.kind == EVALUATE]
    if not evaluations:
        return []
    genotypes = [wish.genotype for _, wish in evaluations if wish.genotype is not None]
    keys = [architecture_key(space, genotype) for genotype in genotypes]
    architectures = architectures_for(space, genotypes)
    first = trial_numbers_take(replica.pk, len(evaluations))
    Trial.objects.bulk_create(
        Trial(
            run=run,
            replica=replica,
            number=first + place,
            proposal=row,
            architecture=architectures[key],
            operator=wish.operator,
            created_at=now,
            is_simulated=run.is_simulated,
        )
        for place, ((row, wish), key) in enumerate(zip(evaluations, keys, strict=True))
    )
    return [
        TrialsAdded(
            replica=replica.number,
            numbers=list(range(first, first + len(evaluations))),
            operators=[wish.operator for _, wish in evaluations],
        )
    ]


def _batches(wishes: list[Wish], size: int) -> list[list[Wish]]:
    """In order; a job holds one kind."""
    batches: list[list[Wish]] = []
    for wish in wishes:
        if batches and len(batches[-1]) < size and batches[-1][0].kind == wish.kind:
            batches[-1].append(wish)
        else:
            batches.append([wish])
    return batches


def _views_due(memory: Memory) -> list[View]:
    if time.monotonic() - memory.views_at < VIEWS_EVERY_SECONDS:
        return []
    memory.views_at = time.monotonic()
    return _guarded(memory.strategy.views)


def _views_store(replica: Replica, views: list[View], version: int) -> list[AnyEvent]:
    for view in views:
        ReplicaView.objects.update_or_create(
            replica=replica,
            name=view.name,
            defaults={"title": view.title, "kind": view.kind, "data": dict(view.data), "advance_number": version},
        )
    return [ViewsChanged(replica=replica.number, names=[view.name for view in views])] if views else []


def _run_end_if_done(run: Run, now: datetime) -> None:
    """The search is over when every replica is done and everything asked for was told."""
    if run.state == RunState.PAUSED or not all(r.is_done and r.num_told == r.num_asked for r in run.replicas.all()):
        return
    if Job.objects.filter(run=run, state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
        return
    report_begin(run, was_stopped=run.state == RunState.STOPPING, now=now)


def _run_fail(run: Run, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if run_move(run.pk, RunState.FAILED, end_reason=reason, ended_at=now):
            jobs_withdraw(run, reason=reason, now=now, also_running=True)


def _guarded(call: Callable[[], T]) -> T:
    """Run a piece of the engine. What it raises ends the run with a reason; the database's own errors pass through."""
    try:
        return call()
    except NasError as error:
        raise StrategyFailed(str(error)) from error
    except (DatabaseError, OSError):
        raise
    except Exception as error:
        logger.exception("a strategy failed")
        raise StrategyFailed(f"the strategy failed with {type(error).__name__}: {error}") from error
