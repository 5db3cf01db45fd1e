"""The one Redis client of this process. Redis only wakes; whoever calls it goes on when it is away."""

from __future__ import annotations

import logging
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


@cache
def client() -> Redis:
    # Waiting for a wake-up call would be worse than doing without it: the sweep finds whatever was missed.
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


def first_in(key: str, *, seconds: float) -> bool:
    """True for the first caller in that time: lets many wake-up calls become one. False while Redis is away."""
    try:
        return bool(client().set(f"nasweb:{key}", 1, nx=True, px=int(seconds * 1000)))
    except RedisError as error:
        logger.debug("redis is away: %s", error)
        return False


def forget(*keys: str) -> None:
    """The next `first_in` of each of these is the first again."""
    try:
        client().delete(*(f"nasweb:{key}" for key in keys))
    except RedisError as error:
        logger.debug("redis is away: %s", error)


def publish(channel: str, message: str) -> None:
    try:
        client().publish(f"nasweb:{channel}", message)
    except RedisError as error:
        logger.debug("redis is away: %s", error)
