"""The new-run form over HTTP: the page, a part of it after another choice, its preview, the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import Level, run_get_for, saved_space_get_for, team_get_for, teams_of
from apps.accounts.models import Team, User
from apps.accounts.requests import SignedInRequest
from apps.runs.presets import PRESETS, preset_for_space
from apps.runs.services.create import NAME_LENGTH, run_create
from apps.runs.wizard.clone import Clone, clone_of, original_of
from apps.runs.wizard.context import Meaning, headline_follows, meaning_of
from apps.runs.wizard.draft import CHOICES, Draft, baseline_follows, choice_from, draft_default, draft_from, draft_of
from apps.runs.wizard.page import (
    choice_section,
    constraint_rows,
    objective_rows,
    seed_fields,
    suggested_name,
    wizard_page,
)
from apps.runs.wizard.preview import wizard_preview
from apps.runs.wizard.reward_form import reward_part
from apps.runs.wizard.yaml_form import draft_as_yaml, draft_from_yaml
from apps.spaces.selectors.saved import saved_space_list
from nas import registry
from nas.core.errors import FieldError, InvalidConfig

AFFECTS_METRICS = ("problem", "estimator")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """GET: a draft from defaults, `?preset=`, `?from=<run>`, `?space=`, `?space.name=` with its settings, `?dataset=`, `?table=<id>`.

    `from` marks what differs from that run, and the new run remembers it.

    POST: start, fill the form from YAML (`action=read`), write it as YAML (`action=write`), or show it again.
    """
    user = request.user
    if request.method != "POST":
        return form_page(request, meaning_of(_first_draft(request, user), user))
    action = request.POST.get("action", "")
    meaning = meaning_of(draft_from(request.POST), user)
    if action == "read":
        return _read(request, meaning)
    if action == "write":
        return _write(request, meaning)
    draft = meaning.draft
    if action != "start":
        return form_page(request, meaning)
    team, errors = _team(draft, user), list(meaning.errors)
    if team is None:
        errors.append(FieldError("team", _("Choose one of your teams.")))
    elif not errors:
        name = draft.name or suggested_name(meaning)
        try:
            run = run_create(
                team=team,
                by=user,
                name=name,
                values=draft.values,
                now=timezone.now(),
                cloned_from=original_of(request, user),
            )
        except InvalidConfig as error:
            errors += error.errors
        else:
            return redirect("runs:detail", run.pk)
    return form_page(request, meaning, errors)


@login_required
@never_cache
@require_POST
def fields(request: SignedInRequest, place: str) -> HttpResponse:
    """The settings of what is now chosen at `place`, and the metrics if that changes what can be measured."""
    if place not in CHOICES:
        raise Http404
    user = request.user
    meaning = meaning_of(draft_from(request.POST), user)
    if place == "problem":
        meaning = headline_follows(meaning, request.POST.get("problem.shown", ""))
    context: dict[str, Any] = {"section": choice_section(place, meaning)}
    if place in AFFECTS_METRICS:
        context["objectives"] = objective_rows(meaning)
        context["constraints"] = constraint_rows(meaning)
        context["reward"] = reward_part(meaning.draft.values, meaning.metrics())
    if place == "strategy":
        context["seeds"] = seed_fields(baseline_follows(meaning.draft, request.POST.get("strategy.shown", "")))
    return render(request, "runs/new_fields.html", context)


@login_required
@never_cache
@require_POST
def reward(request: SignedInRequest) -> HttpResponse:
    """What the reward is made of, for the objectives that are now chosen; empty where none is the reward."""
    meaning = meaning_of(draft_from(request.POST), request.user)
    return render(request, "runs/new_reward.html", {"reward": reward_part(meaning.draft.values, meaning.metrics())})


@login_required
@never_cache
@require_POST
def preview(request: SignedInRequest) -> HttpResponse:
    user = request.user
    meaning = meaning_of(draft_from(request.POST), user)
    context = {
        "preview": wizard_preview(meaning, user=user, now=timezone.now()),
        "suggested_name": suggested_name(meaning),
        "clone": _clone(request, meaning),
    }
    return render(request, "runs/new_preview.html", context)


def _read(request: SignedInRequest, before: Meaning) -> HttpResponse:
    """The form filled from the YAML that was pasted; as it was, with what is wrong, while that is no configuration."""
    text = request.POST.get("document", "")
    meaning, errors = draft_from_yaml(text, team=before.draft.team, user=request.user)
    panel = {"yaml": text, "yaml_errors": errors}
    if meaning is None:
        return form_page(request, before, more=panel, status=422)
    return form_page(request, meaning, meaning.errors, more=panel)


def _write(request: SignedInRequest, meaning: Meaning) -> HttpResponse:
    """The form as YAML: the panel alone for htmx."""
    panel = {"yaml": draft_as_yaml(meaning), "yaml_is_open": True}
    if request.headers.get("HX-Request"):
        return render(request, "runs/new_yaml.html", panel)
    return form_page(request, meaning, more=panel)


def _first_draft(request: SignedInRequest, user: User) -> Draft:
    team = request.GET.get("team", "")
    if "from" in request.GET:
        run = run_get_for(user, _id(request.GET["from"]), Level.VIEW)
        name = (_("Copy of %(name)s") % {"name": run.name})[:NAME_LENGTH]
        return draft_of(run.specification, name=name, team=team or str(run.team_id))
    space: dict[str, Any] | None = None
    if "space" in request.GET:
        saved = saved_space_get_for(user, _id(request.GET["space"]), Level.VIEW)
        space = {"name": saved.space_name, "config": saved.config}
    if "space.name" in request.GET:
        space = choice_from(request.GET, "space")
    preset = preset_for_space(space["name"]) if space is not None else ""
    draft = draft_default(team, request.GET.get("preset", preset))
    if space is not None:
        draft.values["space"] = space
    for kind in ("dataset", "table"):
        if kind in request.GET:
            draft = draft.referring(kind, request.GET[kind])
    return draft


def _team(draft: Draft, user: User) -> Team | None:
    """The team that will own the run; None when the person may start none in it."""
    try:
        return team_get_for(user, _id(draft.team), Level.WORK)
    except Http404:
        return None


def form_page(
    request: SignedInRequest,
    meaning: Meaning,
    errors: Sequence[FieldError] = (),
    *,
    more: Mapping[str, Any] | None = None,
    status: int | None = None,
) -> HttpResponse:
    """The whole form. `errors` are shown at their fields; `more` goes to the template as well."""
    user = request.user
    teams = list(teams_of(user, Level.WORK).order_by("name"))
    context = {
        "draft": meaning.draft,
        "page": wizard_page(meaning, errors),
        "preview": wizard_preview(meaning, user=user, now=timezone.now()),
        "teams": teams,
        "saved_spaces": saved_space_list(user),
        "presets": PRESETS,
        "methods": [(name, _(registry.strategies.get(name).title)) for name in registry.strategies],
        "saved_name": request.POST.get("saved_name", ""),
        "saved_name_errors": [_(e.message) for e in errors if e.field == "saved_name"],
        "name_errors": [_(e.message) for e in errors if e.field == "name"],
        "team_errors": [_(e.message) for e in errors if e.field == "team"],
        "num_errors": len(errors),
        "clone": _clone(request, meaning),
        **(more or {}),
    }
    return render(request, "runs/new.html", context, status=status or (422 if errors else 200))


def _clone(request: SignedInRequest, meaning: Meaning) -> Clone | None:
    """What the form began with, and what it changes; None for a form that began with no run."""
    original = original_of(request, request.user)
    return None if original is None else clone_of(original, meaning.draft.values, meaning.references)


def _id(text: str) -> int:
    """An id from an address. Raises Http404 for what cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)
