"""Changing a search that is under way, from its page: the panel, what a limit would keep, and the changes themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.access import Level, run_get_for
from apps.accounts.requests import SignedInRequest
from apps.runs import services
from apps.runs.engine import setup_of
from apps.runs.models import Run
from apps.runs.selectors.steering import (
    constraint_rows,
    handmade_url,
    known_architectures,
    limitable,
    operation_uses,
    steering_of,
    trials_keeping,
)
from apps.runs.services.steer import EXTENDED, STEERED
from apps.runs.views.verbs import answer, in_words
from nas.core.errors import InvalidConfig

MOST_ROWS = 10
"""Constraints that a run may have."""


@require_GET
@login_required
def panel(request: HttpRequest, run_id: int) -> HttpResponse:
    run = run_get_for(request.user, run_id, Level.WORK)
    now = steering_of(run)
    return render(
        request,
        "runs/steer.html",
        {
            "run": run,
            "now": now,
            "may_change": run.state in STEERED,
            "may_extend": run.state in EXTENDED,
            "uses": operation_uses(run, now),
            "objective": run.specification["objectives"][0]["metric"],
            "metrics": limitable(run),
            "rows": constraint_rows(now),
            "asked": max((replica.num_evaluations for replica in run.replicas.all()), default=0),
            "wall_minutes": None if now.budget_wall_seconds is None else f"{now.budget_wall_seconds / 60:.10g}",
            "handmade_url": handmade_url(run, request.user),
            "num_replicas": run.replicas.count(),
            "known": known_architectures(run, now) if run.state in STEERED else [],
        },
    )


@require_GET
@login_required
def kept(request: HttpRequest, run_id: int) -> JsonResponse:
    """How many of the trials so far keep the limits that are being typed."""
    run = run_get_for(request.user, run_id, Level.WORK)
    try:
        num_kept, num_trials = trials_keeping(run, _constraints(request.GET))
    except InvalidConfig as error:
        return JsonResponse({"message": in_words(error)})
    message = ngettext(
        "%(kept)s of the %(count)s trial so far keeps them.",
        "%(kept)s of the %(count)s trials so far keep them.",
        num_trials,
    )
    return JsonResponse({"message": message % {"kept": num_kept, "count": num_trials}})


@require_POST
@login_required
def change(request: SignedInRequest, run_id: int, what: str) -> HttpResponseBase:
    run = run_get_for(request.user, run_id, Level.WORK)
    carry_out = _CHANGES.get(what)
    if carry_out is None:
        raise Http404

    def act() -> None:
        carry_out(run, request, timezone.now())

    return answer(request, run_id, act, done=_("Noted; the search holds to it from its next step on."))


def _operations(run: Run, request: SignedInRequest, now: datetime) -> None:
    allowed = request.POST.getlist("allowed")
    forbidden = [name for name in steering_of(run).operations if name not in allowed]
    services.operations_forbid(run=run, by=request.user, operations=forbidden, now=now)


def _change_constraints(run: Run, request: SignedInRequest, now: datetime) -> None:
    services.constraints_change(run=run, by=request.user, constraints=_constraints(request.POST), now=now)


def _parallelism(run: Run, request: SignedInRequest, now: datetime) -> None:
    wanted = _number(request.POST, "parallelism", whole=True)
    if wanted is None:
        raise InvalidConfig.at("parallelism", _("give a number of trials"))
    services.parallelism_change(run=run, by=request.user, parallelism=int(wanted), now=now)


def _budget(run: Run, request: SignedInRequest, now: datetime) -> None:
    trials, minutes = _number(request.POST, "trials", whole=True), _number(request.POST, "wall_minutes")
    services.budget_change(
        run=run,
        by=request.user,
        trials=None if trials is None else int(trials),
        wall_seconds=None if minutes is None else 60 * minutes,
        now=now,
    )


def _architecture(run: Run, request: SignedInRequest, now: datetime) -> None:
    name = request.POST.get("preset", "")
    genotype = next((p.genotype for p in setup_of(run).space.presets() if p.name == name), None)
    if genotype is None:
        raise Http404
    services.architecture_add(run=run, by=request.user, genotype=genotype, now=now)


_CHANGES: dict[str, Callable[[Run, SignedInRequest, datetime], None]] = {
    "operations": _operations,
    "constraints": _change_constraints,
    "parallelism": _parallelism,
    "budget": _budget,
    "architecture": _architecture,
}


def _constraints(given: QueryDict) -> list[str]:
    """Rows of the form that name a metric, as texts: "params<=1.5M"."""
    rows = zip(given.getlist("metric"), given.getlist("operator"), given.getlist("limit"), strict=False)
    return [f"{metric}{operator}{limit}" for metric, operator, limit in list(rows)[:MOST_ROWS] if metric]


def _number(given: QueryDict, name: str, *, whole: bool = False) -> float | None:
    """None where nothing is given. Raises InvalidConfig."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        number = float(text) if len(text) <= 20 else float("nan")
    except ValueError:
        number = float("nan")
    if not abs(number) < 10**12 or (whole and number != int(number)):
        raise InvalidConfig.at(name, _("give a whole number") if whole else _("give a number"))
    return number
