"""Who may see what a team owns."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.accounts.models import Team, TeamOwned


def share(*, owned: TeamOwned, visibility: str, teams: Iterable[Team]) -> None:
    """Show `owned` to its team, to the named teams, or to everyone signed in. Sharing grants viewing only."""
    with transaction.atomic():
        type(owned)._default_manager.filter(pk=owned.pk).update(visibility=visibility)
        owned.shared_with.set(team for team in teams if team.pk != owned.team_id)
