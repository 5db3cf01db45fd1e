"""People: made by an administrator, changed by themselves."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.errors import AccountRefused
from apps.accounts.models import Membership, Role, Team, User
from apps.accounts.text import text_checked


@transaction.atomic
def person_create(*, username: str, team: Team | None, role: Role) -> User:
    """A person without a password, who comes in by a sign-in link. Raises AccountRefused."""
    user = User(username=User.normalize_username(text_checked(username, field="username", max_length=150)))
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise AccountRefused(" ".join(error.messages), field="username") from None
    user.save()
    if team is not None:
        Membership.objects.create(team=team, user=user, role=role)
    return user


def person_rename(*, user: User, first_name: str, last_name: str) -> None:
    """Raises AccountRefused for names that are too long or hold NUL characters. Empty is possible."""
    user.first_name = text_checked(first_name, field="first_name", max_length=150) if first_name.strip() else ""
    user.last_name = text_checked(last_name, field="last_name", max_length=150) if last_name.strip() else ""
    user.save(update_fields=["first_name", "last_name"])


def password_set(*, user: User, password: str) -> None:
    """Set a password that was checked before. Sessions elsewhere end, for they are bound to the old one."""
    if not password:
        raise AccountRefused(_("This may not be empty."), field="new_password1")
    user.set_password(password)
    user.save(update_fields=["password"])
