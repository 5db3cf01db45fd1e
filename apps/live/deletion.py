"""Telling viewers that a run is gone."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from apps.live.groups import run_group

logger = logging.getLogger(__name__)


def run_gone(run_id: int) -> None:
    """Close the sockets of everyone who looks at the run. Call it after the commit."""
    try:
        async_to_sync(get_channel_layer().group_send)(run_group(run_id), {"type": "run.deleted"})
    except (OSError, RedisError) as error:
        logger.warning("viewers were not told that run %s is gone: %s", run_id, error)
