"""The trial table, one trial, its curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import Http404

from apps.accounts.access import AnyUser, visible
from apps.runs.models import CurvePoint, Run, Trial
from apps.runs.states import TRIAL_FAILED, TRIAL_OK, TRIAL_OPEN

PAGE_SIZE = 25
ARMS = {"search": False, "baseline": True}
STATE_GROUPS = {"open": TRIAL_OPEN, "ok": TRIAL_OK, "failed": TRIAL_FAILED}
ORDERS = {
    "number": ("number",),
    "state": ("state", "number"),
    "operator": ("operator", "number"),
    "value_0": ("value_0",),
    "value_1": ("value_1",),
    "value_2": ("value_2",),
    "cost_seconds": ("cost_seconds", "number"),
    "finished_at": ("finished_at",),
}
"""What the table can be sorted by; with "-" in front, descending. What has no value comes last either way."""


@dataclass(frozen=True, slots=True)
class CurveColumns:
    """A learning curve: columns of equal length, None where the value was not a number."""

    steps: list[int]
    metrics: dict[str, list[float | None]]

    def as_json(self) -> dict[str, Any]:
        return {"steps": self.steps, "metrics": self.metrics}


def trial_list(
    *, run: Run, state: str = "", operator: str = "", search: str = "", replica: str = "", order: str = "-number"
) -> QuerySet[Trial]:
    """The trials of a run. `state`: a trial state, "open", "ok", "failed", "front" (of the search, never of its baseline),
    or "" for all. `operator`: its beginning, such as "mutate". `search`: a trial's number, or the beginning of an
    architecture's key. `replica`: its number, "search", "baseline", or "" for all."""
    trials = Trial.objects.filter(run=run)
    if replica in ARMS:
        trials = trials.filter(replica__is_baseline=ARMS[replica])
    elif replica:
        is_number = replica.isascii() and replica.isdigit() and len(replica) < 10
        trials = trials.filter(replica__number=int(replica)) if is_number else trials.none()
    if state == "front":
        trials = trials.filter(on_front=True, replica__is_baseline=False)
    elif state:
        trials = trials.filter(state__in=STATE_GROUPS.get(state, {state}))
    if operator and "\x00" not in operator:
        trials = trials.filter(operator__startswith=operator)
    if search and "\x00" not in search:
        by_key = Q(architecture__key__startswith=search.lower())
        is_number = search.isascii() and search.isdigit() and len(search) < 19
        trials = trials.filter(by_key | Q(number=int(search))) if is_number else trials.filter(by_key)
    descending = order.startswith("-")
    columns = ORDERS.get(order.removeprefix("-"), ORDERS["number"])
    ordering = [F(c).desc(nulls_last=True) if descending else F(c).asc(nulls_last=True) for c in columns]
    related = ("architecture", "replica", "worker", "reused_from__replica", "reused_from__run")
    return trials.select_related(*related).defer("detail", "reused_from__detail").order_by(*ordering, "-pk")


def trial_page(*, trials: QuerySet[Trial], page: str | int) -> Page[Trial]:
    """One page; a number that is no page gives the first or the last."""
    return Paginator(trials, PAGE_SIZE).get_page(page)


def trial_operators(*, run: Run) -> list[str]:
    """The operators that occur in a run, without what follows the colon ("mutate:operation" counts as "mutate")."""
    names = Trial.objects.filter(run=run).order_by().values_list("operator", flat=True).distinct()
    return sorted({name.partition(":")[0] for name in names})


def trial_get(*, run: Run, replica: int, number: int) -> Trial:
    """Raises Http404."""
    trial = (
        Trial.objects.filter(run=run, replica__number=replica, number=number)
        .select_related("architecture", "replica", "worker", "proposal", "reused_from__replica", "reused_from__run")
        .first()
    )
    if trial is None:
        raise Http404
    return trial


def trial_parents(trial: Trial) -> list[Trial]:
    """The trials of the proposals it descends from, most important first."""
    numbers = [int(number) for number in trial.proposal.body.get("parents", ())]
    found = Trial.objects.filter(replica_id=trial.replica_id, proposal__number__in=numbers, serial=0)
    by_number = {parent.proposal.number: parent for parent in found.select_related("proposal")}
    return [by_number[number] for number in numbers if number in by_number]


def sources_shown(trials: Iterable[Trial], viewer: AnyUser) -> frozenset[int]:
    """The runs that results of `trials` were taken from and that `viewer` may see: a run may be shared without them."""
    runs = {trial.reused_from.run_id for trial in trials if trial.reused_from is not None}
    return frozenset(visible(Run.objects.filter(pk__in=runs), viewer).values_list("pk", flat=True) if runs else ())


def trial_best(*, run: Run, descending: bool) -> Trial | None:
    """The search's best trial of the first objective that keeps the constraints, else None."""
    first = F("value_0").desc(nulls_last=True) if descending else F("value_0").asc(nulls_last=True)
    return (
        Trial.objects.filter(
            run=run, replica__is_baseline=False, state__in=TRIAL_OK, is_feasible=True, value_0__isnull=False
        )
        .select_related("replica")
        .order_by(first, "number")
        .first()
    )


def trials_reported(*, run: Run) -> QuerySet[Trial]:
    """The trials whose test metrics are measured, or will be."""
    chosen = Q(report_result__isnull=False) | Q(report_job__isnull=False)
    return Trial.objects.filter(chosen, run=run).select_related("architecture", "replica").order_by("replica", "number")


def curve_since(trial: Trial, *, after_step: int = -1) -> CurveColumns:
    """The points of a trial's curve behind `after_step`."""
    points = list(
        CurvePoint.objects.filter(trial=trial, step__gt=after_step).order_by("step").values_list("step", "metrics")
    )
    names = sorted({name for _, metrics in points for name in metrics})
    return CurveColumns(
        steps=[step for step, _ in points],
        metrics={name: [metrics.get(name) for _, metrics in points] for name in names},
    )
