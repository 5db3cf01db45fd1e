"""What a person can do to a run: pause, resume, stop, cancel, retry what failed, add an architecture, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.live.notices import run_gone
from apps.runs.engine import setup_of
from apps.runs.errors import TransitionRefused
from apps.runs.models import Intervention, Job, Replica, Run, Trial
from apps.runs.services.held import run_held
from apps.runs.services.reopen import run_reopen
from apps.runs.services.state import run_move
from apps.runs.services.team_results import team_results_go
from apps.runs.services.withdraw import STOPPED_REASON, jobs_withdraw
from apps.runs.states import TRIAL_FAILED, JobState, RunState
from apps.runs.steering import Steering
from apps.runs.wake import wake_control, wake_workers
from nas.core.errors import InvalidGenotype
from nas.core.intervention import AddArchitecture, Retry
from nas.core.proposal import Proposal as Wish

RETRY_AT_ONCE = 1000


def run_pause(*, run: Run, by: User, now: datetime) -> None:
    """What runs stops at its next safe point and goes on from there later. Paused twice is paused."""
    with transaction.atomic():
        if run_move(run.pk, RunState.PAUSED, by=by.get_username(), paused_at=now):
            return
        _unless_in(run, {RunState.PAUSED}, _("Only a running search can be paused; this one is %(state)s."))


def run_resume(*, run: Run, by: User, now: datetime) -> None:
    with transaction.atomic():
        paused_at = Run.objects.values_list("paused_at", flat=True).get(pk=run.pk)
        pause = (now - paused_at).total_seconds() if paused_at else 0.0
        moved = run_move(
            run.pk,
            RunState.RUNNING,
            only_from=[RunState.PAUSED],
            by=by.get_username(),
            paused_at=None,
            paused_seconds=F("paused_seconds") + max(0.0, pause),
        )
        if not moved:
            _unless_in(run, {RunState.RUNNING}, _("Only a paused search can be resumed; this one is %(state)s."))
            return
        waiting = Job.objects.filter(run=run, state=JobState.QUEUED).count()
        queue = run.device
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)
        transaction.on_commit(lambda: wake_workers(queue, waiting), robust=True)


def run_stop(*, run: Run, by: User, now: datetime) -> None:
    """No new trials; those that run are finished, then the run ends."""
    with transaction.atomic():
        # A run that has not begun has nothing to finish.
        if run_move(run.pk, RunState.CANCELLED, only_from=[RunState.QUEUED], by=by.get_username(), ended_at=now):
            return
        pause = Run.objects.filter(pk=run.pk).values_list("paused_at", flat=True).first()
        paused = max(0.0, (now - pause).total_seconds()) if pause else 0.0
        moved = run_move(
            run.pk,
            RunState.STOPPING,
            by=by.get_username(),
            paused_at=None,
            paused_seconds=F("paused_seconds") + paused,
        )
        if not moved:
            allowed = {RunState.STOPPING, RunState.REPORTING, RunState.STOPPED}
            _unless_in(run, allowed, _("Only a search that is under way can be stopped; this one is %(state)s."))
            return
        jobs_withdraw(run, reason=STOPPED_REASON, now=now, also_running=False)
        queue = run.device
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)
        transaction.on_commit(lambda: wake_workers(queue, 1), robust=True)


def run_cancel(*, run: Run, by: User, now: datetime) -> None:
    """End it now: what runs is told to stop, and whatever it still wants to store is refused."""
    with transaction.atomic():
        if not run_move(run.pk, RunState.CANCELLED, by=by.get_username(), ended_at=now):
            _unless_in(run, {RunState.CANCELLED}, _("This search has ended (%(state)s); there is nothing to cancel."))
            return
        jobs_withdraw(run, reason=_("the run was cancelled"), now=now, also_running=True)


def run_retry_failed(*, run: Run, by: User, now: datetime, numbers: Sequence[tuple[int, int]] | None = None) -> int:
    """Evaluate failed trials again, each as a new trial beyond the budget; returns how many.

    Args:
      numbers: (replica, trial) pairs; None for all that failed and were not retried before.
    """
    with transaction.atomic():
        state = run_held(run).state
        if state not in (RunState.RUNNING, RunState.PAUSED, RunState.COMPLETED, RunState.STOPPED):
            raise TransitionRefused(_refusal(_("Failed trials cannot be retried while the run is %(state)s."), state))
        count = 0
        for replica in run.replicas.order_by("number"):
            failed = Trial.objects.filter(replica=replica, state__in=TRIAL_FAILED, serial=0).select_related("proposal")
            if numbers is not None:
                failed = failed.filter(number__in=[number for of, number in numbers if of == replica.number])
            wishes = [Wish.from_json(t.proposal.body) for t in failed.order_by("number")[:RETRY_AT_ONCE]]
            again = _retried_before(replica)
            wishes = [wish for wish in wishes if wish.id not in again]
            if wishes:
                Intervention.objects.create(replica=replica, body=Retry(tuple(wishes)).as_json(), by=by)
                count += len(wishes)
        if count == 0:
            raise TransitionRefused(_("There is no failed trial that was not retried already."))
        run_reopen(run=run, by=by, now=now)
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)
    return count


def _retried_before(replica: Replica) -> set[int]:
    """Ids of proposals that an earlier retry names: a failed retry is retried itself, its original is not."""
    named: set[int] = set()
    for body in Intervention.objects.filter(replica=replica, body__kind=Retry.kind).values_list("body", flat=True):
        named |= {wish["id"] for wish in body["proposals"]}
    return named


def architecture_add(*, run: Run, by: User, genotype: object, now: datetime) -> None:
    """Have the search evaluate an architecture that a person made or knows, as its next trial; it counts in the budget.

    Raises InvalidGenotype with field-level errors, also when its network cannot be built for the run's data.
    """
    setup = setup_of(run)
    checked = setup.space.validate(genotype)
    setup.cost(checked)
    with transaction.atomic():
        state = run_held(run).state
        if state not in (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED):
            raise TransitionRefused(
                _refusal(_("Architectures can be added while a search is under way; this one is %(state)s."), state)
            )
        replica = run.replicas.order_by("number").first()
        if replica is None or replica.is_done:
            raise TransitionRefused(_("The budget of this search is spent; give it a larger one to evaluate more."))
        forbidden = frozenset(Steering.asked_for(replica).forbidden)
        if used := replace(setup, forbidden=forbidden).forbidden_in(checked):
            raise InvalidGenotype.at(
                "",
                _("uses %(operations)s, which this run forbids; allow it again first")
                % {"operations": ", ".join(sorted(used))},
            )
        Intervention.objects.create(replica=replica, body=AddArchitecture(checked).as_json(), by=by)
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)


def run_delete(*, run: Run, by: User, now: datetime) -> None:
    """Delete the run and all that is only its own. What still runs is cancelled first."""
    with transaction.atomic():
        team_results_go(run.team_id)
        if run_move(run.pk, RunState.CANCELLED, by=by.get_username(), ended_at=now):
            jobs_withdraw(run, reason=_("the run was deleted"), now=now, also_running=True)
        run_id = run.pk
        run.delete()
        transaction.on_commit(lambda: run_gone(run_id=run_id), robust=True)


def _unless_in(run: Run, states: set[RunState], sentence: str) -> None:
    """Done twice is done; anything else is refused in words."""
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state not in states:
        raise TransitionRefused(_refusal(sentence, state))


def _refusal(sentence: str, state: str) -> str:
    return sentence % {"state": RunState(state).label.lower()}
