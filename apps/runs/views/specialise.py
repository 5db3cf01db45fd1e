"""Specialising a trained elastic network for another device, from the run's page."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import Level, run_get_for
from apps.accounts.requests import SignedInRequest
from apps.latency.models import LatencyState
from apps.latency.selectors.tables import latency_table_list
from apps.runs.engine import setup_of
from apps.runs.models import Run
from apps.runs.services.specialise import run_specialise
from apps.spaces.chosen import chosen_of
from nas.core.errors import ConstraintLeavesNothing, InvalidConfig
from nas.core.metric import METRICS
from nas.core.specialising import Specialisation
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.svg import draw

COSTS = ("macs", "params", "latency_ms")
MOST_TABLES = 100


def specialise_form(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What the form offers."""
    tables = latency_table_list(request.user).filter(state=LatencyState.READY)[:MOST_TABLES]
    return {"run": run, "costs": [METRICS[name] for name in COSTS], "tables": tables}


@require_POST
@login_required
def specialise(request: SignedInRequest, run_id: int) -> HttpResponse:
    """The card of the network found, or what is wrong; htmx puts only answers with status 200 into the page."""
    run = run_get_for(request.user, run_id, Level.WORK)
    given = request.POST
    replica = given.get("replica", "0")
    target = {"cost": given.get("cost", ""), "limit": given.get("limit", "").strip().replace(",", "")}
    if target["cost"] == "latency_ms":
        target["latency_table"] = given.get("latency_table", "")
    try:
        number = int(replica) if replica.isascii() and replica.isdigit() and len(replica) < 6 else -1
        found = run_specialise(run=run, user=request.user, replica=number, target=target)
    except InvalidConfig as error:
        labels = {"cost": _("Cost"), "limit": _("Limit"), "latency_table": _("Latency table")}
        errors = [f"{labels[e.field]}: {e.message}" if e.field in labels else e.message for e in error.errors]
        return render(request, "runs/specialised.html", {"errors": errors})
    except ConstraintLeavesNothing as error:
        return render(request, "runs/specialised.html", {"errors": [str(error)]})
    return render(request, "runs/specialised.html", _card(request, run, number, found))


def _card(request: SignedInRequest, run: Run, replica: int, found: Specialisation) -> dict[str, Any]:
    setup = setup_of(run, replica=replica)
    graph = setup.space.graph(found.genotype, setup.problem.input_shape, setup.problem.num_classes)
    costs = {**setup.cost(found.genotype).as_metrics(), found.cost: found.price}
    text = json.dumps(found.genotype, separators=(",", ":"))
    page, chosen = reverse("spaces:architecture", args=[setup.space.name]), chosen_of(setup.space, request.user)
    dataset = run.specification["problem"]["config"].get("dataset")
    same = next((choice.key for choice in chosen.inputs if choice.dataset == dataset), chosen.at.choice.key)
    return {
        "found": found,
        "costs": [(name, costs[name]) for name in COSTS if name in costs],
        "svg": draw(graph, collapsed=default_collapsed(graph)),
        "architecture_url": f"{page}?{chosen.query(genotype=text, at=same)}",
    }
