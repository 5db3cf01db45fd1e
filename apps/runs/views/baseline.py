"""The card that sets a search beside its random-search baseline."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.access import Level, run_get_for
from apps.runs.baseline_words import VERDICT_CHIPS, effect_text, p_text, verdict_sentence
from apps.runs.selectors.against_random import against_random
from apps.runs.selectors.detail import counts_epochs


@require_GET
@login_required
def baseline(request: HttpRequest, run_id: int) -> HttpResponse:
    """What each side reached for the same spending, and how sure the difference is. 404 for a run without a baseline."""
    run = run_get_for(request.user, run_id, Level.VIEW)
    found = against_random(run)
    if found is None:
        raise Http404
    titles = {
        "best": _("Best %(objective)s") % {"objective": _(found.objective.title)},
        "hypervolume": _("Hypervolume"),
    }
    measures = [
        {
            "title": titles[measure.name],
            "metric": found.objective.metric if measure.name == "best" else measure.name,
            "measure": measure,
            "chip": VERDICT_CHIPS[measure.verdict.sureness] if measure.verdict.effect is not None else None,
            "p": p_text(measure.verdict.p),
            "effect": effect_text(measure.verdict),
            "sentence": verdict_sentence(measure.verdict),
        }
        for measure in found.measures
    ]
    arms = [(_("Search"), found.search), (_("Random search"), found.random)]
    percent = None if found.relative is None else 100 * found.relative
    context = {
        "run": run,
        "has_epochs": counts_epochs(run),
        "found": found,
        "measures": measures,
        "arms": arms,
        "num_trials": int(found.at),
        "relative_percent": percent,
        "below_percent": None if percent is None else -percent,
    }
    return render(request, "runs/baseline.html", context)
