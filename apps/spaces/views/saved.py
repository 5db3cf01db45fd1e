"""Saved spaces: save, look, share, delete."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, may, saved_space_get_for, team_get_for
from apps.accounts.requests import SignedInRequest
from apps.accounts.services.share import share
from apps.accounts.share_form import ShareForm
from apps.runs.wizard.context import meaning_of
from apps.runs.wizard.draft import draft_from
from apps.runs.wizard.views import form_page
from apps.spaces.chosen import chosen_of
from apps.spaces.inputs import input_chosen
from apps.spaces.models import SavedSpace
from apps.spaces.selectors.facts import config_facts
from apps.spaces.selectors.made import space_made
from apps.spaces.selectors.preview import space_preview
from apps.spaces.services.saved_space import saved_space_create, saved_space_delete
from nas.core.errors import FieldError, InvalidConfig


@login_required
@require_POST
def space_save(request: SignedInRequest) -> HttpResponse:
    """The space of the new-run form, under the name typed beside it."""
    draft = draft_from(request.POST)
    try:
        team = team_get_for(request.user, int(draft.team), Level.WORK)
    except ValueError:
        raise Http404 from None
    try:
        space = space_made(name=draft.values["space"]["name"], config=draft.config("space"))
        saved = saved_space_create(team=team, by=request.user, name=request.POST.get("saved_name", ""), space=space)
    except InvalidConfig as error:
        wrong = [FieldError("saved_name" if e.field == "name" else e.field, e.message) for e in error.errors]
        return form_page(request, meaning_of(draft, request.user), wrong)
    messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
    return redirect("spaces:detail", saved.pk)


@login_required
@never_cache
@require_safe
def space_detail(request: SignedInRequest, space_id: int) -> HttpResponse:
    return render(
        request, "spaces/detail.html", _context(request, saved_space_get_for(request.user, space_id, Level.VIEW))
    )


@login_required
@require_POST
def space_share(request: SignedInRequest, space_id: int) -> HttpResponse:
    saved = saved_space_get_for(request.user, space_id, Level.WORK)
    form = ShareForm(request.POST, owned=saved, user=request.user)
    if not form.is_valid():
        return render(request, "spaces/detail.html", _context(request, saved) | {"share_form": form}, status=422)
    share(owned=saved, visibility=form.cleaned_data["visibility"], teams=form.chosen_teams())
    messages.success(request, _("Who may see it was changed."))
    return redirect("spaces:detail", saved.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def space_remove(request: SignedInRequest, space_id: int) -> HttpResponse:
    saved = saved_space_get_for(request.user, space_id, Level.WORK)
    if request.method != "POST":
        return render(request, "spaces/delete.html", {"saved": saved})
    saved_space_delete(saved=saved)
    messages.success(request, _("“%(name)s” was deleted.") % {"name": saved.name})
    return redirect("spaces:list")


def _context(request: SignedInRequest, saved: SavedSpace) -> dict[str, object]:
    may_work = may(request.user, Level.WORK, saved)
    space = space_made(name=saved.space_name, config=saved.config)
    chosen = chosen_of(space, request.user)
    at = input_chosen(request.GET.dict(), chosen.inputs)
    chosen = replace(chosen, at=at)
    return {
        "saved": saved,
        "space": space,
        "facts": config_facts(space.config),
        "preview": space_preview(space, at.shape, at.num_classes),
        "chosen": chosen,
        "may_work": may_work,
        "share_form": ShareForm(owned=saved, user=request.user) if may_work else None,
    }
