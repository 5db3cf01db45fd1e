"""Teams and their members."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import Level, may_in_team, team_get_for
from apps.accounts.errors import AccountRefused
from apps.accounts.forms import MemberForm, RoleForm, TeamForm, add_refusal, styled
from apps.accounts.models import Role, Team
from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import member_list, team_list
from apps.accounts.services.membership import member_add, member_remove, member_role_change
from apps.accounts.services.team import team_create


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: SignedInRequest) -> HttpResponse:
    form = styled(TeamForm(request.POST if request.method == "POST" else None))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("accounts:team", team_create(name=form.cleaned_data["name"], by=request.user).pk)
        except AccountRefused as refused:
            add_refusal(form, refused)
    values = {"teams": team_list(user=request.user), "form": form}
    return render(request, "accounts/teams.html", values, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def team(request: SignedInRequest, team_id: int) -> HttpResponse:
    return _page(request, team_get_for(request.user, team_id, Level.VIEW))


@login_required
@require_POST
def member_new(request: SignedInRequest, team_id: int) -> HttpResponse:
    team = team_get_for(request.user, team_id, Level.ADMIN)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            added = member_add(team=team, username=form.cleaned_data["username"], role=Role(form.cleaned_data["role"]))
        except AccountRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("%(name)s is now a member.") % {"name": added.user.username})
            return redirect("accounts:team", team.pk)
    return _page(request, team, form)


@login_required
@require_POST
def member_role(request: SignedInRequest, team_id: int, user_id: int) -> HttpResponse:
    team = team_get_for(request.user, team_id, Level.ADMIN)
    membership = get_object_or_404(member_list(team=team), user_id=user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles viewer, member, admin."))
        return redirect("accounts:team", team.pk)
    try:
        member_role_change(membership=membership, role=Role(form.cleaned_data["role"]))
        messages.success(request, _("The role of %(name)s is changed.") % {"name": membership.user.username})
    except AccountRefused as refused:
        messages.error(request, refused.message)
    return redirect("accounts:team", team.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_removal(request: SignedInRequest, team_id: int, user_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST does it."""
    team = team_get_for(request.user, team_id, Level.ADMIN)
    membership = get_object_or_404(member_list(team=team), user_id=user_id)
    if request.method != "POST":
        return render(request, "accounts/member_removal.html", {"team": team, "membership": membership})
    try:
        member_remove(membership=membership)
        messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user.username})
    except AccountRefused as refused:
        messages.error(request, refused.message)
    is_still_seen = may_in_team(request.user, Level.VIEW, team.pk)
    return redirect("accounts:team", team.pk) if is_still_seen else redirect("accounts:teams")


def _page(request: SignedInRequest, team: Team, form: MemberForm | None = None) -> HttpResponse:
    values = {
        "team": team,
        "memberships": member_list(team=team),
        "may_change": may_in_team(request.user, Level.ADMIN, team.pk),
        "roles": Role.choices,
        "form": styled(form or MemberForm()),
    }
    return render(request, "accounts/team.html", values, status=422 if form else 200)
