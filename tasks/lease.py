"""Keeping a lease while something is carried out, and learning that it shall end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from apps.workers.models import Worker
from apps.workers.services.registration import worker_seen
from tasks.context import WATCH_SECONDS

logger = logging.getLogger(__name__)


@contextmanager
def lease_watched(what: str, renew: Callable[[], bool], worker: Worker) -> Iterator[threading.Event]:
    """A thread renews the lease; the event says that the work shall end: the lease is lost, or the worker is to stop.

    Args:
      what: for the log ("export 3").
      renew: False when the lease is lost.
    """
    stop, ended = threading.Event(), threading.Event()

    def watch() -> None:
        while not ended.wait(min(WATCH_SECONDS, settings.NASWEB_HEARTBEAT_SECONDS)):
            try:
                if not renew() or not worker_seen(worker=worker, now=timezone.now()):
                    stop.set()
            except DatabaseError as error:
                logger.warning("%s: the database does not answer: %s", what, error)
            finally:
                connection.close()

    thread = threading.Thread(target=watch, name="lease", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        ended.set()
        thread.join(timeout=5)
