"""Sign in with a password, and the limit on wrong tries."""

from __future__ import annotations

import hashlib
import logging

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from apps.accounts.errors import AccountRefused
from apps.accounts.models import User

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 15 * 60
MAX_FAILURES_PER_PERSON = 10
"""Wrong passwords for one user name from one address. Not by name alone: a stranger could then lock anybody out."""
MAX_FAILURES_PER_ADDRESS = 100


def sign_in_check(*, request: HttpRequest, username: str, password: str) -> User:
    """The person, if name and password are right. Raises AccountRefused, also for right ones after too many wrong ones."""
    keys = _keys(request=request, username=username)
    if any(_count(key) >= limit for key, limit in keys.items()):
        raise AccountRefused(
            _("There were too many wrong tries. Wait a quarter of an hour, or ask for a sign-in link.")
        )
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        for key in keys:
            _add(key)
        raise AccountRefused(_("User name and password do not belong together. Upper and lower case count."))
    return user


def _keys(*, request: HttpRequest, username: str) -> dict[str, int]:
    address = str(request.META.get("REMOTE_ADDR", ""))
    person = hashlib.sha256(f"{address} {username.casefold()}".encode()).hexdigest()
    return {
        f"sign-in-failures:person:{person}": MAX_FAILURES_PER_PERSON,
        f"sign-in-failures:address:{address}": MAX_FAILURES_PER_ADDRESS,
    }


def _count(key: str) -> int:
    # Without Redis people still come in, unlimited for that time: nobody is locked out of their runs by a lost cache.
    try:
        return int(cache.get(key, 0))
    except (RedisError, OSError):
        logger.warning("wrong sign-ins are not counted while the cache does not answer")
        return 0


def _add(key: str) -> None:
    try:
        cache.add(key, 0, timeout=WINDOW_SECONDS)
        cache.incr(key)
    except ValueError:  # the window ended between the two calls
        cache.set(key, 1, timeout=WINDOW_SECONDS)
    except (RedisError, OSError):
        logger.warning("a wrong sign-in was not counted: the cache does not answer")
