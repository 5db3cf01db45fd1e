"""Telling open sockets what happened to what they listen to. Call these after the commit."""

from __future__ import annotations

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from redis.exceptions import RedisError

from apps.live.groups import run_group, user_group

logger = logging.getLogger(__name__)


def access_changed(*, user_id: int) -> None:
    """Every socket of that person looks again whether it may stay open."""
    _tell(user_group(user_id), {"type": "access.changed"})


def run_gone(*, run_id: int) -> None:
    """The sockets of everyone who looks at that run are closed."""
    _tell(run_group(run_id), {"type": "run.deleted"})


def channel_layer() -> BaseChannelLayer:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS names no default layer")
    return layer


def _tell(group: str, message: dict[str, Any]) -> None:
    try:
        async_to_sync(channel_layer().group_send)(group, message)
    except (OSError, RedisError) as error:
        # Sockets look by themselves every minute as well.
        logger.warning("sockets were not told of %s: %s", message["type"], error)
