"""Changing a search that is under way: its rules, how much it does at once, its budget. Every replica gets the same change,
those of a baseline too; it holds from the replica's next advance on and is part of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.runs.engine import setup_of, specification_of
from apps.runs.errors import TransitionRefused
from apps.runs.models import Intervention, Replica, Run
from apps.runs.selectors.clock import working_seconds
from apps.runs.services.held import run_held
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
from nas.core.objective import Constraint

STEERED = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.PAUSED})
"""States in which a person may change what a search does."""

EXTENDED = STEERED | {RunState.COMPLETED, RunState.STOPPED}
"""States in which its budget may be changed: one that has ended goes on with a larger one."""

_Rules = tuple[tuple[Constraint, ...], frozenset[str]]
"""Constraints, and names of forbidden operations."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One change: made for a replica and the seconds that the run has worked. `place`: before the field of an error."""

    make: Callable[[Replica, float], Change]
    allowed: frozenset[RunState] = STEERED
    place: str = ""

    def of(self, replica: Replica, seconds: float) -> Change:
        try:
            return self.make(replica, seconds)
        except InvalidConfig as error:
            raise _placed(self.place, error) from None


class _NotChecked(Exception):
    """Nobody has looked yet whether these rules leave anything."""

    def __init__(self, rules: _Rules) -> None:
        super().__init__()
        self.rules = rules


def operations_forbid(*, run: Run, by: User, operations: Sequence[str], now: datetime) -> None:
    """From now on exactly these are forbidden; those that were and are not named are allowed again.

    Raises InvalidConfig at "operations" when the space has no such operation, or nothing would be left;
    at "constraints" when nothing that is left meets the constraints.
    """
    _steer(run, by, [_forbidding(operations)], now)


def constraints_change(*, run: Run, by: User, constraints: Sequence[object], now: datetime) -> None:
    """From now on exactly these hold, as texts ("params<=200000") or objects. Raises InvalidConfig at "constraints"."""
    _steer(run, by, [_constraining(run, constraints)], now)


def parallelism_change(*, run: Run, by: User, parallelism: int, now: datetime) -> None:
    """From now on so many trials of each replica may be waiting or running. Raises InvalidConfig at "parallelism"."""
    _steer(run, by, [_in_parallel(run, parallelism)], now)


def budget_change(*, run: Run, by: User, trials: int | None, wall_seconds: float | None, now: datetime) -> None:
    """From now on these are the limits, trials of each replica. A run that has ended goes on when they leave room.

    Raises InvalidConfig at "trials" or "wall_seconds" below what was spent already, or when nothing limits the run.
    """
    _steer(run, by, [_spending(trials, wall_seconds)], now)


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
    """Several changes as one: all of them or none, judged by what holds after the last. None leaves a thing as it is; `budget` is
    (trials, wall seconds).

    Raises as the single ones do; the budget's fields are "budget.trials" and "budget.wall_seconds".
    """
    wanted = []
    if forbidden is not None:
        wanted.append(_forbidding(forbidden))
    if constraints is not None:
        wanted.append(_constraining(run, constraints))
    if parallelism is not None:
        wanted.append(_in_parallel(run, parallelism))
    if budget is not None:
        try:
            wanted.append(replace(_spending(*budget), place="budget"))
        except InvalidConfig as error:
            raise _placed("budget", error) from None
    _steer(run, by, wanted, now)


def _forbidding(operations: Sequence[str]) -> _Wanted:
    change = ForbidOperations(tuple(sorted(set(operations))))
    return _Wanted(lambda _replica, _seconds: change)


def _constraining(run: Run, constraints: Sequence[object]) -> _Wanted:
    parsed = RunSpecification.parse({**run.specification, "constraints": list(constraints)}).constraints
    return _Wanted(lambda _replica, _seconds: ChangeConstraints(parsed))


def _in_parallel(run: Run, parallelism: int) -> _Wanted:
    parsed = RunSpecification.parse({**run.specification, "parallelism": parallelism}).parallelism
    return _Wanted(lambda _replica, _seconds: ChangeParallelism(parsed))


def _spending(trials: int | None, wall_seconds: float | None) -> _Wanted:
    budget = Budget.parse({"trials": trials, "wall_seconds": wall_seconds})

    def change(replica: Replica, seconds: float) -> Change:
        asked = replica.num_evaluations
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

    return _Wanted(change, allowed=EXTENDED)


def _placed(place: str, error: InvalidConfig) -> InvalidConfig:
    if not place:
        return error
    return InvalidConfig(FieldError(f"{place}.{each.field}".rstrip("."), each.message) for each in error.errors)


def _steer(run: Run, by: User, wanted: Sequence[_Wanted], now: datetime) -> None:
    """Note the changes for every replica. What changes nothing is done already."""
    checked: set[_Rules] = set()
    while True:
        try:
            with transaction.atomic():
                _note(run, by, wanted, checked, now)
            return
        except _NotChecked as missing:
            # Outside the transaction: hundreds of samples are looked at.
            _check(run, missing.rules)
            checked.add(missing.rules)


def _note(run: Run, by: User, wanted: Sequence[_Wanted], checked: Collection[_Rules], now: datetime) -> None:
    """Raises _NotChecked for new rules that are not among `checked`."""
    base, current = specification_of(run), run_held(run)
    if any(current.state not in each.allowed for each in wanted):
        label = RunState(current.state).label.lower()
        raise TransitionRefused(
            _("Only a search that is under way can be changed; this one is %(state)s.") % {"state": label}
        )
    seconds = working_seconds(current, now)
    notes = []
    for replica in current.replicas.order_by("number"):
        steering = Steering.asked_for(replica)
        held = _rules(steering, base)
        for each in wanted:
            change = each.of(replica, seconds)
            after = steering.after(change)
            if after.applied_to(base) != steering.applied_to(base) or after.forbidden != steering.forbidden:
                notes.append(Intervention(replica=replica, body=change.as_json(), by=by))
            steering = after
        rules = _rules(steering, base)
        if rules != held and rules not in checked:
            raise _NotChecked(rules)
    for note in notes:
        note.save()
    if notes:
        run_reopen(run=current, by=by, now=now)
        transaction.on_commit(lambda: wake_control(run.pk), robust=True)


def _rules(steering: Steering, base: RunSpecification) -> _Rules:
    return steering.applied_to(base).constraints, frozenset(steering.forbidden)


def _check(run: Run, rules: _Rules) -> None:
    constraints, forbidden = rules
    something_left(replace(setup_of(run), constraints=constraints, forbidden=forbidden))
