"""Telling open sockets that somebody's access changed."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.live.groups import user_group

logger = logging.getLogger(__name__)


def access_changed(*, user_id: int) -> None:
    """Every socket of that person looks again whether it may stay open. Call it after the commit."""
    try:
        async_to_sync(get_channel_layer().group_send)(user_group(user_id), {"type": "access.changed"})
    except (OSError, RedisError) as error:
        # The sockets look by themselves every minute as well.
        logger.warning("sockets were not told of a change of access: %s", error)
