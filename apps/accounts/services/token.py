"""Keys for the API."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.accounts.models import ApiToken, User
from apps.accounts.secret import secret_digest, secret_new
from apps.accounts.text import text_checked

PREFIX = "nas_"
USE_NOTED_EVERY = timedelta(minutes=1)


def token_create(*, user: User, name: str) -> tuple[ApiToken, str]:
    """The token and its text, which is shown this once: only its digest is stored. Raises AccountRefused for a bad name."""
    text = PREFIX + secret_new()
    token = ApiToken.objects.create(
        user=user, name=text_checked(name, field="name", max_length=100), digest=secret_digest(text)
    )
    return token, text


def token_revoke(*, token: ApiToken, now: datetime) -> None:
    """From now on the token opens nothing. Revoked twice keeps the first time."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)


def token_use(*, text: str, now: datetime) -> ApiToken | None:
    """The token with this text, None when it is unknown or revoked or its person was switched off.

    Its last use is noted at most once a minute: a client that asks often must not cause a write each time.
    """
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=secret_digest(text), revoked_at=None, user__is_active=True)
        .first()
    )
    if token is not None and (token.last_used_at is None or token.last_used_at <= now - USE_NOTED_EVERY):
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token
