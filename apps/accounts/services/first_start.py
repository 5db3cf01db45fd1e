"""The very first start: somebody must be able to get in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import Membership, Role, Team, User

ADMIN_NAME = "admin"
TEAM_NAME = "My team"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """`created` is False when there was an admin already; then `user` is the oldest one and `team` is theirs."""

    user: User
    team: Team
    created: bool


@transaction.atomic
def first_start(*, now: datetime) -> FirstStart:
    """On an empty database: the person "admin" without a password, admin of "My team". Done twice changes nothing.

    Whoever starts the machine gets a sign-in link for `user`, so on later starts it is always the same person, and one
    who may do everything in `team`.
    """
    admins = Membership.objects.filter(role=Role.ADMIN, user__is_active=True).select_related("user", "team")
    membership = admins.order_by("-user__is_superuser", "pk").first()
    if membership is not None:
        return FirstStart(user=membership.user, team=membership.team, created=False)
    user = User.objects.filter(username=ADMIN_NAME).first()
    if user is None:
        user = User(username=ADMIN_NAME, is_superuser=True, is_staff=True, date_joined=now)
        user.set_unusable_password()
        user.save()
    team, _made = Team.objects.get_or_create(name=TEAM_NAME)
    Membership.objects.update_or_create(team=team, user=user, defaults={"role": Role.ADMIN})
    return FirstStart(user=user, team=team, created=True)
