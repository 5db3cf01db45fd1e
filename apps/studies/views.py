"""Studies: started from a run or a trial, followed while a worker is at them, looked at, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, may, run_get_for, study_get_for
from apps.accounts.requests import SignedInRequest
from apps.runs.models import Run, Trial
from apps.runs.selectors.trials import trial_get
from apps.runs.states import TRIAL_OK
from apps.runs.wizard.config_form import values_from
from apps.studies.selectors.offers import Offer, best_trial, run_offers, trial_offers
from apps.studies.selectors.page import study_context, study_drawing, study_pictures, study_stamp, study_title
from apps.studies.selectors.section import offer_card, settings_prefix, studies_shown
from apps.studies.selectors.together import pictures_together
from apps.studies.services.request import study_go_on, study_start
from apps.studies.services.study import study_cancel, study_delete
from nas import registry
from nas.core.errors import FieldError, InvalidConfig


@login_required
@never_cache
@require_safe
def of_run(request: SignedInRequest, run_id: int) -> HttpResponse:
    """The part of the run page; with `part=list` the list alone."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    shown = studies_shown(run)
    context = {"run": run, "studies": shown, "is_under_way": any(study.is_open for study, _title in shown)}
    if request.GET.get("part") == "list":
        return render(request, "studies/list.html", context)
    best = best_trial(run)
    offers = run_offers(run) if best is None else trial_offers(best)
    may_work = may(request.user, Level.WORK, run)
    context |= {
        "best": best,
        "cards": [offer_card(offer) for offer in offers],
        "may_work": may_work,
        "together": pictures_together(run, request.user),
        "has_replicas": run.replicas.count() > 1,
    }
    return render(request, "studies/of_run.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest, run_id: int, kind: str) -> HttpResponse:
    """The form of one study. `trial`: "replica.number" in the address or the form; without it the best trial."""
    run = run_get_for(request.user, run_id, Level.WORK)
    if kind not in registry.studies:
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    trial = _trial_of(run, given.get("trial", ""))
    if trial is None:
        messages.error(request, _("No trial of this run has been completed yet; a study looks at one that was."))
        return redirect("runs:detail", run.pk)
    if request.method != "POST":
        return _form(request, trial, kind)
    chosen = registry.studies.get(kind)
    prefix, seed = settings_prefix(kind), request.POST.get("seed", "0").strip()
    values = values_from(chosen.Config, request.POST, prefix=prefix)
    try:
        study = study_start(
            trial=trial,
            by=request.user,
            kind=kind,
            settings=values,
            seed=int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 12 else -1,
            now=timezone.now(),
            prefix=f"{prefix}.",
        )
    except InvalidConfig as error:
        return _form(request, trial, kind, values=values, seed=seed, errors=error.errors)
    return redirect("studies:detail", study.pk)


def _trial_of(run: Run, text: str) -> Trial | None:
    """Raises Http404 for what is no trial of the run."""
    if not text:
        return best_trial(run)
    replica, _dot, number = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in (replica, number)):
        raise Http404
    return trial_get(run=run, replica=int(replica), number=int(number))


def _form(
    request: SignedInRequest,
    trial: Trial,
    kind: str,
    *,
    values: dict[str, Any] | None = None,
    seed: str = "0",
    errors: Iterable[FieldError] = (),
) -> HttpResponse:
    if trial.state in TRIAL_OK:
        offer = next((each for each in trial_offers(trial) if each.name == kind), None)
        if offer is None:
            raise Http404  # it is about another kind of architecture
    else:
        offer = Offer(registry.studies.get(kind), _("A study looks at a trial that was completed; choose such a one."))
    wrong = tuple(errors)
    context = {
        "run": trial.run,
        "trial": trial,
        "card": offer_card(offer, values=values, seed=seed, errors=wrong),
        "has_replicas": trial.run.replicas.count() > 1,
        "studies": [(study, title) for study, title in studies_shown(trial.run, trial) if study.kind == kind],
    }
    return render(request, "studies/new.html", context, status=422 if wrong else 200)


@login_required
@never_cache
@require_safe
def detail(request: SignedInRequest, study_id: int) -> HttpResponse:
    """For htmx `part=state`, or `part=pictures`: nothing (204) while they are those with the stamp `seen`."""
    study = study_get_for(request.user, study_id, Level.VIEW)
    part = request.GET.get("part", "")
    stamp = study_stamp(study)
    if part == "pictures" and study.is_open and request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    context = study_context(study, request.user, now=timezone.now())
    if part == "state":
        return render(request, "studies/state.html", context)
    context |= {"pictures": study_pictures(study), "stamp": stamp}
    return render(request, "studies/pictures.html" if part == "pictures" else "studies/detail.html", context)


@login_required
@require_safe
def known(request: SignedInRequest, study_id: int) -> JsonResponse:
    """What was found, as a file."""
    study = study_get_for(request.user, study_id, Level.VIEW)
    response = JsonResponse(study.known, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="study-{study.pk}.json"'
    return response


@login_required
@require_safe
def drawing(request: SignedInRequest, study_id: int, name: str) -> HttpResponse:
    """An architecture that the study's pictures name."""
    svg = study_drawing(study_get_for(request.user, study_id, Level.VIEW), name)
    response = HttpResponse(svg, content_type="image/svg+xml")
    patch_cache_control(response, private=True, max_age=3600)
    return response


@login_required
@require_POST
def cancel(request: SignedInRequest, study_id: int) -> HttpResponse:
    study = study_get_for(request.user, study_id, Level.WORK)
    study_cancel(study=study, now=timezone.now())
    return redirect("studies:detail", study.pk)


@login_required
@require_POST
def go_on(request: SignedInRequest, study_id: int) -> HttpResponse:
    study = study_get_for(request.user, study_id, Level.WORK)
    try:
        study_go_on(study=study, by=request.user, now=timezone.now())
    except InvalidConfig as error:
        messages.error(request, str(error))
    return redirect("studies:detail", study.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedInRequest, study_id: int) -> HttpResponse:
    """GET asks; POST deletes."""
    study = study_get_for(request.user, study_id, Level.WORK)
    if request.method != "POST":
        return render(request, "studies/delete.html", {"study": study, "title": study_title(study)})
    run_id = study.run_id
    study_delete(study=study, by=request.user)
    messages.success(request, _("The study was deleted."))
    return redirect("runs:detail", run_id)
