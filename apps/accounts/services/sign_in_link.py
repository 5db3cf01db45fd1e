"""Links that sign a person in once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.models import SignInLink, User
from apps.accounts.secret import secret_digest, secret_new

LIFETIME = timedelta(hours=24)


def sign_in_link_create(*, user: User, now: datetime) -> str:
    """A token for one sign-in within 24 hours. Shown once: only its digest is stored."""
    token = secret_new()
    SignInLink.objects.create(user=user, digest=secret_digest(token), expires_at=now + LIFETIME)
    return token


def sign_in_link_user(*, token: str, now: datetime) -> User | None:
    """Whom the link would sign in, None when it is unknown, used, expired, or the person was switched off."""
    link = (
        SignInLink.objects.select_related("user")
        .filter(digest=secret_digest(token), used_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    return link.user if link else None


@transaction.atomic
def sign_in_link_use(*, token: str, now: datetime) -> User | None:
    """Use the link up and return its person, or None. Of two who use it at once, one gets in."""
    user = sign_in_link_user(token=token, now=now)
    if user is None:
        return None
    won = SignInLink.objects.filter(digest=secret_digest(token), used_at=None).update(used_at=now)
    return user if won == 1 else None
