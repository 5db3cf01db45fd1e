"""What waits in the queues of the broker."""

from __future__ import annotations

from typing import Any

from celery import current_app


def num_calls(queue: str) -> int:
    """Messages of every priority in `queue`."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel  # kombu's types know none of what every transport can do
        return int(channel.queue_declare(queue).message_count)
