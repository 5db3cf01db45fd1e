"""Teams."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.errors import AccountRefused
from apps.accounts.models import Membership, Role, Team, User
from apps.accounts.text import text_checked


def team_create(*, name: str, by: User) -> Team:
    """A new team with `by` as its admin. Raises AccountRefused when the name is taken or empty."""
    name = text_checked(name, field="name", max_length=200)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name)
            Membership.objects.create(team=team, user=by, role=Role.ADMIN)
    except IntegrityError:
        raise AccountRefused(_("There is already a team of that name; choose another."), field="name") from None
    return team
