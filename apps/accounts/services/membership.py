"""Members of teams and their roles. A team keeps at least one admin, whoever asks and however many at once."""

from __future__ import annotations

from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.errors import AccountRefused
from apps.accounts.models import Membership, Role, Team, User
from apps.live.notices import access_changed


def member_add(*, team: Team, username: str, role: Role) -> Membership:
    """Raises AccountRefused when there is no such person or they are a member already."""
    user = None if "\x00" in username else User.objects.filter(username=username.strip(), is_active=True).first()
    if user is None:
        raise AccountRefused(
            _("There is no person with that user name; an administrator can add one with create_user."),
            field="username",
        )
    try:
        with transaction.atomic():
            membership = Membership.objects.create(team=team, user=user, role=role)
            _tell(membership)
    except IntegrityError:
        raise AccountRefused(_("This person is already a member of the team."), field="username") from None
    return membership


@transaction.atomic
def member_role_change(*, membership: Membership, role: Role) -> None:
    """Raises AccountRefused when the last admin would go. The same role again changes nothing."""
    current = _locked(membership)
    if current is None or current.role == role:
        return
    if current.role == Role.ADMIN:
        _require_another_admin(current)
    current.role = role
    current.save(update_fields=["role"])
    _tell(current)


@transaction.atomic
def member_remove(*, membership: Membership) -> None:
    """Raises AccountRefused when the last admin would go. Removed twice is harmless."""
    current = _locked(membership)
    if current is None:
        return
    if current.role == Role.ADMIN:
        _require_another_admin(current)
    _tell(current)
    current.delete()


def _locked(membership: Membership) -> Membership | None:
    """The membership as it is now, its team locked: two admins who remove each other at once must not both succeed.

    SQLite ignores row locks; there every transaction takes the write lock at its beginning.
    """
    Team.objects.select_for_update().get(pk=membership.team_id)
    return Membership.objects.filter(pk=membership.pk).first()


def _require_another_admin(membership: Membership) -> None:
    others = Membership.objects.filter(team_id=membership.team_id, role=Role.ADMIN, user__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise AccountRefused(_("A team needs an admin; make another member admin first."), field="role")


def _tell(membership: Membership) -> None:
    """The person's open sockets look again whether they may stay, once the change is durable."""
    transaction.on_commit(partial(access_changed, user_id=membership.user_id))
