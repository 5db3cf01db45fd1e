"""Waking a worker to check an upload."""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def enqueue_check(task: str, **arguments: Any) -> None:
    """Send `task` to a worker once the transaction is committed.

    A lost message loses nothing: the upload stays "checking" and `uploads_recheck` sends another one.
    """

    def send() -> None:
        try:
            current_app.send_task(task, kwargs=arguments, queue="cpu", retry=False, ignore_result=True)
        except (OperationalError, RedisError, OSError) as error:
            logger.warning("%s %s waits for the sweep: %s", task, arguments, error)

    transaction.on_commit(send)
