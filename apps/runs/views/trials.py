"""The trial table, the panel of one trial, its curve."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, may, run_get_for
from apps.architectures.selectors.drawing import architecture_svg
from apps.architectures.selectors.trials import input_shapes
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from apps.runs.selectors.detail import shares_weights
from apps.runs.selectors.lineage import run_has_lineage
from apps.runs.selectors.objectives import objective_info
from apps.runs.selectors.trials import (
    ORDERS,
    curve_since,
    sources_shown,
    trial_best,
    trial_get,
    trial_list,
    trial_page,
    trial_parents,
)
from apps.runs.states import TRIAL_FAILED
from apps.studies.selectors.offers import trial_offers
from nas.core.metric import METRICS, MetricSource

FILTERS = ("state", "operator", "search", "replica", "order")
LAST_STEP = 2**31 - 1


@require_GET
@login_required
def trials(request: HttpRequest, run_id: int) -> HttpResponse:
    """One page of the table, for htmx; filters and order stand in the address."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    given = {name: request.GET.get(name, "").strip() for name in FILTERS}
    order = given["order"] if given["order"].removeprefix("-") in ORDERS else "-number"
    found = trial_list(run=run, **{**given, "order": order})
    query = request.GET.copy()
    for name in ("page", "order"):
        query.pop(name, None)
    objectives = [objective_info(objective) for objective in specification_of(run).objectives]
    page = trial_page(trials=found, page=request.GET.get("page", "1"))
    context = {
        "run": run,
        "page": page,
        "rows": [(trial, _values(trial, len(objectives))) for trial in page.object_list],
        "sources": sources_shown(page.object_list, request.user),
        "objectives": objectives,
        "has_shared": any("shared_accuracy" in trial.metrics for trial in page.object_list),
        "has_replicas": run.replicas.count() > 1,
        "order": order,
        "filter_query": f"{query.urlencode()}&" if query else "",
        "page_query": f"{query.urlencode()}&order={order}&" if query else f"order={order}&",
        "is_filtered": any(given[name] for name in FILTERS[:4]),
        "is_live": order == "-number" and page.number == 1 and not any(given[name] for name in FILTERS[:4]),
    }
    return render(request, "runs/trials.html", context)


@require_GET
@login_required
def trial(request: HttpRequest, run_id: int, replica: int, number: int) -> HttpResponse:
    """The panel of one trial."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    return _panel(request, run, trial_get(run=run, replica=replica, number=number), is_best=False)


@require_GET
@login_required
def best(request: HttpRequest, run_id: int) -> HttpResponse:
    """The panel of the best trial so far."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    descending = specification_of(run).objectives[0].direction == "maximise"
    found = trial_best(run=run, descending=descending)
    if found is None:
        return render(request, "runs/trial_none.html", {"run": run, "shares_weights": shares_weights(run)})
    return _panel(request, run, trial_get(run=run, replica=found.replica.number, number=found.number), is_best=True)


@require_GET
@login_required
def curve(request: HttpRequest, run_id: int, replica: int, number: int) -> JsonResponse:
    """The learning curve behind the step `after`, as columns."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    found = trial_get(run=run, replica=replica, number=number)
    text = request.GET.get("after", "")
    after = min(int(text), LAST_STEP) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    return JsonResponse(curve_since(found, after_step=after).as_json())


def _panel(request: HttpRequest, run: Run, trial: Trial, *, is_best: bool) -> HttpResponse:
    report = trial.report_result or {}
    shape, num_classes = input_shapes(Trial.objects.filter(pk=trial.pk))[0]
    metrics = {**trial.metrics, **report.get("metrics", {})}
    measured: dict[MetricSource, list[tuple[str, float]]] = {source: [] for source in MetricSource}
    for name, value in metrics.items():
        if name in METRICS:
            measured[METRICS[name].source].append((name, value))
    parents = trial_parents(trial)
    context = {
        "run": run,
        "trial": trial,
        "sources": sources_shown([trial], request.user),
        "is_best": is_best,
        "has_replicas": run.replicas.count() > 1,
        "graph": architecture_svg(trial.architecture, shape, num_classes, motif_only=True),
        "parents": parents,
        "has_lineage": bool(parents) or run_has_lineage(run),
        "quality": [
            *measured[MetricSource.QUALITY],
            *measured[MetricSource.SHARED],
            *measured[MetricSource.DEVICE],
            *measured[MetricSource.TRAINING],
        ],
        "is_shared": bool(measured[MetricSource.SHARED]) and not measured[MetricSource.QUALITY],
        "costs": measured[MetricSource.COST],
        "test": measured[MetricSource.TEST],
        "report_reason": report.get("reason", ""),
        "has_failed": trial.state in TRIAL_FAILED,
        "studies": trial_offers(trial) if may(request.user, Level.WORK, run) else [],
        "may_retry": trial.state in TRIAL_FAILED and may(request.user, Level.WORK, run),
    }
    return render(request, "runs/trial.html", context)


def _values(trial: Trial, count: int) -> list[Any]:
    return [trial.value_0, trial.value_1, trial.value_2][:count]
