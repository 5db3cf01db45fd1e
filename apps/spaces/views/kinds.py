"""The catalogue of spaces, and the page of one kind."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.access import Level, teams_of
from apps.accounts.requests import SignedInRequest
from apps.spaces.chosen import ChosenSpace, chosen_space
from apps.spaces.selectors.facts import config_facts
from apps.spaces.selectors.kind_page import capabilities, kind_gallery, kind_numbers, preset_cards, published_elsewhere
from apps.spaces.selectors.kinds import kind_cards
from apps.spaces.selectors.made import space_made
from apps.spaces.selectors.preview import SHOWN_METRICS
from apps.spaces.selectors.saved import saved_space_list
from nas import registry


@login_required
@never_cache
@require_safe
def space_list(request: SignedInRequest) -> HttpResponse:
    """`?q=` keeps the kinds that hold every word of it."""
    saved = []
    for one in saved_space_list(request.user):
        space = space_made(name=one.space_name, config=one.config)
        saved.append({"row": one, "title": space.title, "facts": config_facts(space.config)})
    search = request.GET.get("q", "")[:200]
    return render(request, "spaces/list.html", {"saved": saved, "kinds": kind_cards(search), "search": search})


@login_required
@never_cache
@require_safe
def kind(request: SignedInRequest, name: str) -> HttpResponse:
    """The page. For htmx what depends on the form (`part=results`), more samples (`part=numbers&num=500`), or the gallery."""
    chosen = kind_get(request, name)
    part = request.GET.get("part", "") if request.headers.get("HX-Request") else ""
    order = request.GET.get("order", "")
    order = order if order in SHOWN_METRICS else ""
    context: dict[str, Any] = {"chosen": chosen, "order": order, "orders": SHOWN_METRICS}
    context["next_query"] = chosen.query(limits=chosen.limits_text, order=order, seed=chosen.seed + 1)
    if part in ("gallery", "") and chosen.space is not None:
        context["gallery"] = kind_gallery(chosen, chosen.space, order=order)
    if part == "gallery":
        return render(request, "spaces/kind_gallery.html", context)
    if chosen.space is not None:
        context["numbers"] = kind_numbers(chosen, chosen.space, asked=_number(request.GET.get("num", "")))
    if part == "numbers":
        return render(request, "spaces/kind_numbers.html", context)
    if chosen.space is not None:
        context["presets"] = preset_cards(chosen, chosen.space)
        context["elsewhere"] = published_elsewhere(chosen, chosen.space)
        context["capabilities"] = capabilities(chosen.space)
    context["teams"] = teams_of(request.user, Level.WORK).order_by("name")
    if part == "results":
        query = chosen.query(limits=chosen.limits_text, order=order, seed=chosen.seed or "")
        headers = {"HX-Replace-Url": f"{request.path}?{query}"}
        return HttpResponse(render(request, "spaces/kind_results.html", context).content, headers=headers)
    return render(request, "spaces/kind.html", context)


def kind_get(request: SignedInRequest, name: str) -> ChosenSpace:
    """What the address, or the form that was sent, names. Raises Http404."""
    if name not in registry.spaces:
        raise Http404
    return chosen_space(name, request.POST if request.method == "POST" else request.GET, request.user)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
