"""The team that a request names for something new."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from apps.accounts.access import Level, teams_of
from apps.accounts.models import Team, User

TEAM_HELP = "The team that will own it. Left out: your only team in which you may start something."


def team_given(user: User, team_id: int | None) -> Team:
    """Raises ValidationError at "team" when there is no such team in which `user` is a member."""
    teams = list(teams_of(user, Level.WORK).order_by("pk"))
    if team_id is not None:
        teams = [team for team in teams if team.pk == team_id]
    if len(teams) == 1:
        return teams[0]
    if teams:
        raise ValidationError({"team": [_("You are in several teams; name the one that will own it.")]})
    raise ValidationError({"team": [_("There is no such team in which you may start something.")]})
