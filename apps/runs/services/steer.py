"""Changing a search that is under way: its rules, how much it does at once, its budget. Every replica gets the same change,
those of a baseline too; it holds from the replica's next advance on and is part of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.runs.engine import setup_of, specification_of
from apps.runs.errors import TransitionRefused
from apps.runs.models import Intervention, Replica, Run
from apps.runs.selectors.clock import working_seconds
from apps.runs.services.possible import something_left
from apps.runs.services.reopen import run_reopen
from apps.runs.specification import RunSpecification
from apps.runs.states import RunState
from apps.runs.steering import Steering
from apps.runs.wake import wake_control
from nas.core.budget import Budget
from nas.core.errors import FieldError, InvalidConfig
from nas.core.intervention import ChangeBudget, ChangeConstraints, ChangeParallelism, ForbidOperations
from nas.core.intervention import Intervention as Change

STEERED = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.PAUSED})
"""States in which a person may change what a search does."""

EXTENDED = STEERED | {RunState.COMPLETED, RunState.STOPPED}
"""States in which its budget may be changed: one that has ended goes on with a larger one."""


def operations_forbid(*, run: Run, by: User, operations: Sequence[str], now: datetime) -> None:
    """From now on exactly these are forbidden; those that were and are not named are allowed again.

    Raises InvalidConfig at "operations" when the space has no such operation, or nothing would be left;
    at "constraints" when nothing that is left meets the constraints.
    """
    _steer(run, by, lambda _replica, _seconds: ForbidOperations(tuple(sorted(set(operations)))), now=now)


def constraints_change(*, run: Run, by: User, constraints: Sequence[object], now: datetime) -> None:
    """From now on exactly these hold, as texts ("params<=200000") or objects. Raises InvalidConfig at "constraints"."""
    parsed = RunSpecification.parse({**run.specification, "constraints": list(constraints)}).constraints
    _steer(run, by, lambda _replica, _seconds: ChangeConstraints(parsed), now=now)


def parallelism_change(*, run: Run, by: User, parallelism: int, now: datetime) -> None:
    """From now on so many trials of each replica may be waiting or running. Raises InvalidConfig at "parallelism"."""
    parsed = RunSpecification.parse({**run.specification, "parallelism": parallelism}).parallelism
    _steer(run, by, lambda _replica, _seconds: ChangeParallelism(parsed), now=now)


def budget_change(*, run: Run, by: User, trials: int | None, wall_seconds: float | None, now: datetime) -> None:
    """From now on these are the limits, trials of each replica. A run that has ended goes on when they leave room.

    Raises InvalidConfig at "trials" or "wall_seconds" below what was spent already, or when nothing limits the run.
    """
    budget = Budget.parse({"trials": trials, "wall_seconds": wall_seconds})

    def change(replica: Replica, seconds: float) -> Change:
        asked = replica.num_trials - replica.num_retried
        if budget.trials is not None and budget.trials < asked:
            raise InvalidConfig.at(
                "trials", _("%(asked)s trials were asked for already; give at least as many") % {"asked": asked}
            )
        if budget.wall_seconds is not None and budget.wall_seconds < seconds:
            spent = _("the run has worked for %(seconds)s s already; give at least as long") % {
                "seconds": f"{seconds:,.0f}"
            }
            raise InvalidConfig.at("wall_seconds", spent)
        return ChangeBudget(budget)

    _steer(run, by, change, now=now, allowed=EXTENDED)


def run_steer(
    *,
    run: Run,
    by: User,
    now: datetime,
    forbidden: Sequence[str] | None = None,
    constraints: Sequence[object] | None = None,
    parallelism: int | None = None,
    budget: tuple[int | None, float | None] | None = None,
) -> None:
    """Several changes as one: all of them or none. None leaves a thing as it is; `budget` is (trials, wall seconds).

    Raises as the single ones do; the budget's fields are "budget.trials" and "budget.wall_seconds".
    """
    with transaction.atomic():
        if forbidden is not None:
            operations_forbid(run=run, by=by, operations=forbidden, now=now)
        if constraints is not None:
            constraints_change(run=run, by=by, constraints=constraints, now=now)
        if parallelism is not None:
            parallelism_change(run=run, by=by, parallelism=parallelism, now=now)
        if budget is not None:
            try:
                budget_change(run=run, by=by, trials=budget[0], wall_seconds=budget[1], now=now)
            except InvalidConfig as error:
                places = (FieldError(f"budget.{each.field}".rstrip("."), each.message) for each in error.errors)
                raise InvalidConfig(places) from None


def _steer(
    run: Run,
    by: User,
    make: Callable[[Replica, float], Change],
    *,
    now: datetime,
    allowed: frozenset[RunState] = STEERED,
) -> None:
    """Note for every replica the change that `make` gives for it and the seconds that the run has worked. What changes nothing
    is done already."""
    base = specification_of(run)
    with transaction.atomic():
        # Held until the end on PostgreSQL, so that the run does not end between the look and the note.
        current = Run.objects.select_for_update().get(pk=run.pk)
        if current.state not in allowed:
            label = RunState(current.state).label.lower()
            raise TransitionRefused(
                _("Only a search that is under way can be changed; this one is %(state)s.") % {"state": label}
            )
        seconds = working_seconds(current, now)
        noted = False
        for replica in current.replicas.order_by("number"):
            before = Steering.asked_for(replica)
            change = make(replica, seconds)
            after = before.after(change)
            if after.applied_to(base) == before.applied_to(base) and after.forbidden == before.forbidden:
                continue
            if not noted and isinstance(change, ForbidOperations | ChangeConstraints):
                _check_rules(current, after, base)
            Intervention.objects.create(replica=replica, body=change.as_json(), by=by)
            noted = True
        if noted:
            run_reopen(run=current, by=by, now=now)
            transaction.on_commit(lambda: wake_control(run.pk), robust=True)


def _check_rules(run: Run, steering: Steering, base: RunSpecification) -> None:
    constraints = steering.applied_to(base).constraints
    something_left(replace(setup_of(run), constraints=constraints, forbidden=frozenset(steering.forbidden)))
