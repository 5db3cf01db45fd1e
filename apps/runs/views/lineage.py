"""Who descends from whom: the tree's columns, the walk from the first ancestor to a trial, the picture of one step."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, run_get_for
from apps.architectures.selectors.drawing import space_of
from apps.architectures.selectors.step import step_pictures
from apps.architectures.selectors.trials import input_shapes
from apps.charts.walk_figure import WalkPoint, walk_figure
from apps.runs.engine import specification_of
from apps.runs.models import Run, Trial
from apps.runs.selectors.ancestry import ancestry, genotype_of
from apps.runs.selectors.lineage import does_go_on, lineage_since, replica_get
from apps.runs.selectors.objectives import objective_info
from apps.runs.selectors.trials import trial_get, trial_parents
from apps.runs.walk import walk_rows
from apps.spaces.selectors.thumbnail import thumbnail
from nas.core.errors import NasError


@require_GET
@login_required
def columns(request: HttpRequest, run_id: int) -> JsonResponse:
    """Parents, operators and changed positions of the trials of `replica` with numbers above `after`."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    replica = replica_get(run=run, number=_number(request, "replica", otherwise=0))
    return JsonResponse(lineage_since(replica, after=_number(request, "after", otherwise=-1)).as_json())


@require_GET
@login_required
def walk(request: HttpRequest, run_id: int, replica: int, number: int) -> HttpResponse:
    """From the first ancestor to this trial, step by step."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    found = trial_get(run=run, replica=replica, number=number)
    line = ancestry(found)
    objectives = [objective_info(objective) for objective in specification_of(run).objectives]
    rows = walk_rows(line.steps, objectives)
    points = [
        WalkPoint(row.trial.replica.number, row.trial.number, row.operator, row.trial.value_0, row.goes_on)
        for row in rows
    ]
    context = {
        "run": run,
        "trial": found,
        "line": line,
        "rows": rows,
        "objective": objectives[0],
        "has_replicas": run.replicas.count() > 1,
        "figure": walk_figure(points, objectives[0]).as_json() if len(points) > 1 else None,
    }
    return render(request, "runs/lineage.html", context)


@require_GET
@login_required
def step(request: HttpRequest, run_id: int, replica: int, number: int) -> HttpResponse:
    """The picture of one step: the architecture with what sets it apart from its first parent marked, and its other parents."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    found = trial_get(run=run, replica=replica, number=number)
    return render(request, "runs/lineage_step.html", _pictures(run, found))


def _pictures(run: Run, trial: Trial) -> dict[str, object]:
    shape, num_classes = input_shapes(Trial.objects.filter(pk=trial.pk))[0]
    space = space_of(trial.architecture)
    body = trial.proposal.body
    parents = trial_parents(trial)
    compared = parents[0] if parents and not does_go_on(trial.operator, body.get("continues")) else None
    try:
        parent = None if compared is None else genotype_of(compared)
        drawn = step_pictures(space, genotype_of(trial), parent, shape, num_classes)
        others = [(other, thumbnail(space, genotype_of(other), shape, num_classes)) for other in parents[1:]]
    except NasError as error:  # a space whose rules have changed since
        return {"run": run, "trial": trial, "trouble": str(error)}
    return {"run": run, "trial": trial, "pictures": drawn, "others": others, "is_compared": compared is not None}


def _number(request: HttpRequest, name: str, *, otherwise: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else otherwise
