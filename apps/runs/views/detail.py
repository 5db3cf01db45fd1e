"""The run page and its server-rendered parts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, may, run_get_for, teams_of
from apps.charts.drawn_view import NAME_IN_ADDRESS, DrawnView, drawn_view
from apps.runs.engine import specification_of
from apps.runs.models import ReplicaView, Run
from apps.runs.selectors.derived import derived_svg
from apps.runs.selectors.detail import (
    flattened,
    run_figures,
    run_parts,
    run_views,
    run_workforce,
    trial_numbers_of_proposals,
)
from apps.runs.selectors.lineage import run_has_lineage
from apps.runs.selectors.objectives import objective_info
from apps.runs.selectors.record import run_record
from apps.runs.selectors.trials import trial_operators, trials_reported
from apps.runs.services.specialise import run_can_specialise
from apps.runs.states import RUN_ENDED, RUN_HINTS, TRIAL_FAILED, RunState, TrialState
from apps.runs.verbs import VERBS
from apps.runs.views.specialise import specialise_form
from apps.runs.wizard.clone import changes_from, original_in_record
from apps.runs.wizard.yaml_form import run_as_yaml
from apps.studies.selectors.offers import run_has_studies
from nas import registry


@require_GET
@login_required
def detail(request: HttpRequest, run_id: int) -> HttpResponse:
    """The page as HTML; the live parts fill themselves from the snapshot."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    specification = specification_of(run)
    objectives = [objective_info(objective) for objective in specification.objectives]
    may_work = may(request.user, Level.WORK, run)
    original = original_in_record(run, request.user)
    replicas = list(run.replicas.order_by("number"))
    has_failed = run.trials.filter(state__in=TRIAL_FAILED).exists()
    context = {
        "run": run,
        "parts": run_parts(run),
        "objectives": objectives,
        "figures": run_figures(
            run,
            replicas,
            objectives,
            x=_objective(request, "x", len(objectives)),
            y=_objective(request, "y", len(objectives)) or 0,
        ),
        "axes": {"x": _objective(request, "x", len(objectives)), "y": _objective(request, "y", len(objectives)) or 0},
        "original": original,
        "changes": changes_from(original, run) if original else [],
        "workforce": run_workforce(run, now=timezone.now()),
        "verbs": [(verb, verb.is_shown(run.state, has_failed=has_failed)) for verb in VERBS.values()]
        if may_work
        else [],
        "may_work": may_work,
        "may_start": teams_of(request.user, Level.WORK).exists(),
        "is_over": run.state in RUN_ENDED,
        "state_hints": {state.value: str(hint) for state, hint in RUN_HINTS.items()},
        "state_hint": RUN_HINTS.get(RunState(run.state), ""),
        "baseline": specification.baseline,
        "replicas": replicas,
        "trial_states": TrialState.choices,
        "state_names": {state.value: str(state.label) for state in (*RunState, *TrialState)},
        "operators": trial_operators(run=run),
        "has_lineage": run_has_lineage(run),
        "has_studies": run_has_studies(run),
        "specification": list(flattened(run.specification)),
        "record": list(flattened(run_record(run, with_specification=False))),
    }
    return render(request, "runs/detail.html", context)


@require_GET
@login_required
def record(request: HttpRequest, run_id: int) -> JsonResponse:
    """The reproducibility record as a file."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    content = run_record(run, with_advances=True)
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-record.json"'
    return response


@require_GET
@login_required
def configuration(request: HttpRequest, run_id: int) -> HttpResponse:
    """What was asked for, as YAML that the new-run form and the command line read."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    return HttpResponse(run_as_yaml(run), content_type="text/plain; charset=utf-8")


@require_GET
@login_required
def reported(request: HttpRequest, run_id: int) -> HttpResponse:
    """The table of reported architectures with their test metrics."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    trials = list(trials_reported(run=run))
    names = sorted({name for trial in trials for name in (trial.report_result or {}).get("metrics", {})})
    names = [name for name in names if name.startswith("test_")]
    rows = [(trial, [(name, _reported_metrics(trial).get(name)) for name in names]) for trial in trials]
    objectives = [objective_info(objective) for objective in specification_of(run).objectives]
    return render(
        request,
        "runs/reported.html",
        {
            "rows": rows,
            "names": names,
            "objective": objectives[0],
            "has_replicas": any(trial.replica.number for trial in trials),
        },
    )


@require_GET
@login_required
def views(request: HttpRequest, run_id: int) -> HttpResponse:
    """What the strategies show of their inside."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    strategy, shown = registry.strategies.get(run.strategy_name), list(run_views(run))
    has_replicas = any(view.replica.number for view in shown)
    context = {
        "run": run,
        "strategy": {"name": run.strategy_name, "title": _(strategy.title), "summary": _(strategy.summary)},
        "views": [_drawn(view, has_replicas=has_replicas) for view in shown],
        "is_over": run.state in RUN_ENDED,
        "specialising": specialise_form(request, run) if _may_specialise(request, run) else None,
    }
    return render(request, "runs/views.html", context)


def _may_specialise(request: HttpRequest, run: Run) -> bool:
    return run_can_specialise(run) and may(request.user, Level.WORK, run)


def _drawn(view: ReplicaView, *, has_replicas: bool) -> DrawnView:
    number, ids = view.replica.number, view.data.get("id", [])
    return drawn_view(
        view.name,
        view.title,
        view.kind,
        view.data,
        prefix=f"{number}.",
        note=_("Replica %(number)s") % {"number": number} if has_replicas else "",
        drawings=reverse("runs:derived", args=[view.replica.run_id, number, NAME_IN_ADDRESS]),
        replica=number,
        trials=trial_numbers_of_proposals(view.replica, ids) if ids else {},
    )


@require_GET
@login_required
def derived(request: HttpRequest, run_id: int, replica: int, name: str) -> HttpResponse:
    """The drawing of an architecture that a supernet spoke for; one of those that its picture of choices names."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    svg = derived_svg(run, replica, name)
    response = HttpResponse(svg, content_type="image/svg+xml")
    patch_cache_control(response, private=True, max_age=3600)
    return response


def _reported_metrics(trial: Any) -> dict[str, float]:
    metrics: dict[str, float] = (trial.report_result or {}).get("metrics", {})
    return metrics


def _objective(request: HttpRequest, axis: str, count: int) -> int | None:
    """The objective that the address puts on an axis."""
    text = request.GET.get(axis, "")
    return int(text) if text in {str(index) for index in range(count)} else None
