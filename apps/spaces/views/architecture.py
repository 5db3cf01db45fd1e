"""The hand-made architecture: look at what was typed, change it, send it to a run."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from numpy.random import PCG64, Generator, SeedSequence

from apps.accounts.access import Level, run_get_for
from apps.accounts.requests import SignedInRequest
from apps.architectures.drawing_request import wants_drawing_only
from apps.runs.errors import TransitionRefused
from apps.runs.services import architecture_add
from apps.spaces.chosen import ChosenSpace
from apps.spaces.links import architecture_link, drawing_query
from apps.spaces.selectors.facts import config_facts
from apps.spaces.selectors.handmade import LONGEST_MESSAGE, Look, handmade, run_fingerprint, runs_to_send_to
from apps.spaces.selectors.sample import drawn_at
from apps.spaces.views.kinds import kind_get
from nas.core.errors import InvalidGenotype, NasError
from nas.core.genotype_text import genotype_from_text, genotype_to_text
from nas.core.space import Mutable, Space, space_fingerprint

LARGEST_DRAW = 10**6


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def architecture(request: SignedInRequest, name: str) -> HttpResponseBase:
    """GET: the page, with `?genotype=` (JSON, notation or preset), or `?seed=&sample=`, number `sample` of a gallery.

    POST: look at what was typed; `action=mutate` and `action=random` change it first. JSON with the new text for the page's
    own script, the part below the editor for htmx, the drawing alone for the script that opens its groups.
    """
    chosen = kind_get(request, name)
    space = chosen.space
    if space is None:
        if request.method == "POST":
            raise Http404  # the settings of this page are not edited here
        return redirect(f"{reverse('spaces:kind', args=[name])}?{chosen.query()}")
    if request.method != "POST":
        return _page(request, chosen, space, _first_text(request, chosen, space))
    text, trouble = request.POST.get("genotype", ""), ""
    action = request.POST.get("action", "")
    if action in ("mutate", "random"):
        try:
            text = genotype_to_text(_changed(space, text, action))
        except NasError as error:
            trouble = str(error)[:LONGEST_MESSAGE]
        if not request.accepts("text/html"):
            answer = {"message": trouble} if trouble else {"genotype": text}
            return JsonResponse(answer, status=409 if trouble else 200)
    if wants_drawing_only(request):
        drawn = _look(request, chosen, space, text)["made"].drawing
        return render(
            request,
            "architectures/drawing.html",
            {"drawing": drawn, "drawing_form": "handmade"},
            status=422 if drawn is None else 200,
        )
    if request.headers.get("HX-Request"):
        return render(request, "spaces/architecture_look.html", _look(request, chosen, space, text))
    return _page(request, chosen, space, text, trouble=trouble)


@login_required
@require_POST
def architecture_send(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Have a run evaluate it as its next trial."""
    run_id = request.POST.get("run", "")
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 19):
        raise Http404
    run = run_get_for(request.user, int(run_id), Level.WORK)
    chosen = kind_get(request, name)
    space, text = chosen.space, request.POST.get("genotype", "")
    if space is None:
        raise Http404
    if run_fingerprint(run) != space_fingerprint(space):
        trouble = _("The run “%(name)s” searches in another space, or in the same with other settings.") % {
            "name": run.name
        }
        return _page(request, chosen, space, text, trouble=trouble, status=409)
    try:
        genotype = genotype_from_text(space, text)
        architecture_add(run=run, by=request.user, genotype=genotype, now=timezone.now())
    except InvalidGenotype as error:
        return _page(request, chosen, space, text, trouble=str(error)[:LONGEST_MESSAGE], status=422)
    except TransitionRefused as error:
        return _page(request, chosen, space, text, trouble=str(error), status=409)
    messages.success(request, _("The architecture was sent to this run; it is its next trial, made by hand."))
    return redirect("runs:detail", run.pk)


def _changed(space: Space, text: str, action: str) -> dict[str, object]:
    """Another architecture. Raises NasError."""
    rng = Generator(PCG64(SeedSequence(secrets.randbits(64))))
    if action == "random":
        return space.sample(rng)
    if not isinstance(space, Mutable):
        raise InvalidGenotype.at("", _("This space has no mutation; take a random architecture instead."))
    return space.mutate(genotype_from_text(space, text), rng).genotype


def _first_text(request: SignedInRequest, chosen: ChosenSpace, space: Space) -> str:
    text = request.GET.get("genotype", "")
    if text:
        try:
            return genotype_to_text(genotype_from_text(space, text))
        except InvalidGenotype:
            return text  # as it came, for the person to put right
    number = request.GET.get("sample", "")
    presets = space.presets()
    if not number and presets:
        return genotype_to_text(presets[0].genotype)
    if number and not (number.isascii() and number.isdigit() and len(number) < 8 and int(number) < LARGEST_DRAW):
        raise Http404
    try:
        return genotype_to_text(drawn_at(space, seed=chosen.seed, number=int(number or 0)))
    except NasError as error:
        raise Http404 from error


def _page(
    request: SignedInRequest, chosen: ChosenSpace, space: Space, text: str, *, trouble: str = "", status: int = 200
) -> HttpResponse:
    context = {
        **_look(request, chosen, space, text),
        "facts": config_facts(space.config),
        "presets": space.presets(),
        "text": text,
        "trouble": trouble,
        "is_mutable": isinstance(space, Mutable),
    }
    return render(request, "spaces/architecture.html", context, status=status)


def _look(request: SignedInRequest, chosen: ChosenSpace, space: Space, text: str) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    look = Look(given.get("view", ""), given.get("open"), lambda genotype: drawing_query(chosen, genotype))
    found = handmade(space, text, chosen.at.shape, chosen.at.num_classes, request.user, look=look)
    errors = (*(e for e in chosen.errors if e.field == "classes"), *found.errors)
    return {
        "chosen": chosen,
        "space": space,
        "made": found,
        "drawing": found.drawing,
        "drawing_form": "handmade",
        "errors": errors,
        "runs": runs_to_send_to(space, request.user) if found.genotype is not None and not found.trouble else [],
        "link": architecture_link(request.build_absolute_uri(request.path), chosen, found.genotype),
    }
