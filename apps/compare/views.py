"""Comparisons over HTTP. The address names the runs (`?run=3&run=7`), so it is what one shares; whoever may not see one of
them gets the 404 of a run that is not there."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.compare.chosen import MOST_RUNS, query_of, run_ids, runs_chosen
from apps.compare.schema import Comparison
from apps.compare.selectors.comparison import arm_names, comparison_of
from apps.compare.selectors.figures import comparison_figures
from apps.compare.selectors.table import table_csv
from apps.runs.models import Run
from apps.runs.selectors.lists import run_list
from apps.runs.states import RunState

NUM_CHOICES = 12


@require_GET
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The page as HTML; the charts fill themselves. With fewer than two runs it says how to go on."""
    ids = run_ids(request.GET.getlist("run"))
    runs = runs_chosen(request.user, ids)
    kept = [run.pk for run in runs]
    context: dict[str, Any] = {
        "query": query_of(kept),
        "address": request.build_absolute_uri(f"?{query_of(kept)}"),
        "num_left_out": len(ids) - len(kept),
        "most_runs": MOST_RUNS,
        "may_add": len(runs) < MOST_RUNS,
        "rest": {run.pk: query_of(other for other in kept if other != run.pk) for run in runs},
        "chosen_runs": runs,
        "choices": _choices(request, kept),
        "search": request.GET.get("search", ""),
    }
    if len(runs) > 1:
        comparison = comparison_of(runs, now=timezone.now())
        context |= {
            **_parts(comparison, runs),
            "figures": comparison_figures(comparison),
            "settings_differ": any(group.differs for group in comparison.settings),
            "state_names": {state.value: str(state.label) for state in RunState},
            "light": _light(comparison),
        }
    return render(request, "compare/page.html", context)


@require_GET
@login_required
def choices(request: HttpRequest) -> HttpResponse:
    """Runs that can be added, found by name (`search`): the list alone."""
    kept = [run.pk for run in runs_chosen(request.user, run_ids(request.GET.getlist("run")))]
    context = {"choices": _choices(request, kept), "query": query_of(kept), "search": request.GET.get("search", "")}
    return render(request, "compare/choices.html", context)


@require_GET
@login_required
def results(request: HttpRequest) -> HttpResponse:
    """Table and tests as HTML, fetched again while a run goes on."""
    runs = _several(request)
    return render(request, "compare/results.html", _parts(comparison_of(runs, now=timezone.now()), runs))


@require_GET
@login_required
def series(request: HttpRequest) -> JsonResponse:
    """What the charts draw, fetched again while a run goes on."""
    return JsonResponse(_light(comparison_of(_several(request), now=timezone.now())))


@require_GET
@login_required
def whole(request: HttpRequest) -> HttpResponse:
    """Everything as a file."""
    comparison = comparison_of(_several(request), now=timezone.now(), is_whole=True)
    content = comparison.model_dump_json(indent=1)
    return _file(content, "application/json", "comparison.json")


@require_GET
@login_required
def table(request: HttpRequest) -> HttpResponse:
    """The final table as a file."""
    comparison = comparison_of(_several(request), now=timezone.now())
    return _file(table_csv(comparison), "text/csv; charset=utf-8", "comparison.csv")


def _several(request: HttpRequest) -> list[Run]:
    return runs_chosen(request.user, run_ids(request.GET.getlist("run")))


def _choices(request: HttpRequest, kept: list[int]) -> list[Run]:
    found = run_list(user=request.user, search=request.GET.get("search", "").strip()).exclude(pk__in=kept)
    return list(found[:NUM_CHOICES])


def _parts(comparison: Comparison, runs: list[Run]) -> dict[str, Any]:
    names = arm_names(comparison)
    places = {run.id: run.place for run in comparison.runs}
    return {
        "comparison": comparison,
        "runs": list(zip(comparison.runs, runs, strict=True)),
        "arms": [(arm, name, places[arm.run]) for arm, name in zip(comparison.arms, names, strict=True)],
        "differences": [(one, names[one.first], names[one.second]) for one in comparison.differences],
    }


def _light(comparison: Comparison) -> dict[str, Any]:
    """What charts draw, without what the server writes as HTML."""
    return comparison.model_copy(update={"settings": [], "results": [], "differences": []}).model_dump()


def _file(content: str, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
