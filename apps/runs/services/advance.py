"""Advancing a run: tell the strategy what finished, ask it what is next, store both in one step.

Short, idempotent, safe to call from anywhere at any time. Everything is computed outside a transaction (`advance_decide`);
one transaction then stores it (`advance_store`). See docs/architecture.md, "The life of a run".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from apps.runs.errors import Superseded
from apps.runs.faults import fault_point
from apps.runs.models import Intervention, Job, Proposal, Replica, Run
from apps.runs.services.advance_decide import decide, no_more_asking
from apps.runs.services.advance_store import step_store
from apps.runs.services.checkpoints import checkpoints_left, checkpoints_needed
from apps.runs.services.guard import StrategyFailed, guarded
from apps.runs.services.memory import warm
from apps.runs.services.report import report_begin
from apps.runs.services.state import run_move
from apps.runs.services.withdraw import STOPPED_REASON, jobs_withdraw
from apps.runs.states import JobState, RunState
from apps.runs.wake import control_woken, wake_control

TOLD_AT_ONCE = 500
ROUNDS_AT_ONCE = 100


def run_advance(*, run_id: int, clock: Callable[[], datetime]) -> None:
    """Bring the run as far as it can go now. Doing it twice, or from two places at once, changes nothing more."""
    control_woken(run_id)
    rounds = 0
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
        if not any(unsettled) and _is_settled(run, clock()):
            return
        rounds += 1
        if rounds == ROUNDS_AT_ONCE:
            # What is known needs no worker, so a run may go on for long by itself; others want to be advanced too.
            wake_control(run_id)
            return


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
        memory = guarded(lambda: warm.recall(run, replica))
        if None not in run.reference_point:
            memory.progress.adopt(run.reference_point)  # the first replica to know one decides for all
        try:
            needed_before = checkpoints_needed(memory.strategy, memory.setup)
            step = decide(run, replica, memory, interventions=interventions, finished=finished, now=now)
            is_done = no_more_asking(run, replica, memory, step, now)
            in_flight = replica.num_asked + len(step.wishes) - replica.num_told - len(step.told)
            if needed_before is not None:
                needed = checkpoints_needed(memory.strategy, memory.setup) or frozenset()
                nobody_goes_on = is_done and in_flight == 0
                step.needed = checkpoints_left(memory.strategy) if nobody_goes_on else needed
                step.outdated = ({p.number for p in step.told} | needed_before) - step.needed
            if not step.steps and not interventions and is_done == replica.is_done:
                return False
            fault_point("advance.decided")
            step_store(run, replica, memory, step, is_done=is_done, now=now)
            fault_point("advance.stored")
        except BaseException:
            warm.forget(replica.pk)
            raise
        # What finishes from now on calls by itself; only more than one advance holds, what was known, or the end, is due at once.
        return is_done or in_flight == 0 or len(finished) == TOLD_AT_ONCE or step.num_reused > 0


def _is_settled(run: Run, now: datetime) -> bool:
    """End the search when every replica is done and everything asked for was told. False when there is more to do at once."""
    if run.state == RunState.PAUSED or not all(r.is_done and r.num_told == r.num_asked for r in run.replicas.all()):
        return True
    if Job.objects.filter(run=run, state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
        return True
    return report_begin(run, was_stopped=run.state == RunState.STOPPING, now=now)


def _run_fail(run: Run, reason: str, now: datetime) -> None:
    with transaction.atomic():
        if run_move(run.pk, RunState.FAILED, end_reason=reason, ended_at=now):
            jobs_withdraw(run, reason=reason, now=now, also_running=True)
