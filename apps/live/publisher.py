"""The control side's publisher: numbers what lies in the outbox and sends one frame to all viewers of a run.

At most ten batches per second and run. Woken through Redis; looks by itself every few seconds in case a call was lost.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Any

from django.db import close_old_connections, connection
from redis.exceptions import RedisError

from apps.live import redis
from apps.live.groups import run_group, team_group
from apps.live.notices import channel_layer
from apps.live.numbering import number_events, runs_with_waiting_events
from apps.live.outbox import WAKE_CHANNEL
from apps.runs.models import Run

logger = logging.getLogger(__name__)

RUN_INTERVAL = 0.1
TEAM_INTERVAL = 0.5
LOOK_INTERVAL = 2.0


class Publisher(threading.Thread):
    """One per control process. Several may run: numbering lets one of them win each batch."""

    def __init__(self) -> None:
        super().__init__(name="publisher", daemon=True)
        self._stopped = threading.Event()
        self._due: dict[int, float] = {}  # run → when it may be published again
        self._last: dict[int, float] = {}
        self._teams: dict[int, int] = {}  # run → team
        self._homes_due: dict[int, float] = {}  # run → when its team's home page may be told
        self._homes_told: dict[int, float] = {}
        self._loop = asyncio.new_event_loop()
        self._pubsub: Any = None

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        look_at = 0.0
        while not self._stopped.is_set():
            try:
                now = time.monotonic()
                if now >= look_at:
                    close_old_connections()
                    for run_id in runs_with_waiting_events():
                        self._due.setdefault(run_id, now)
                    self._forget_quiet(now)
                    look_at = now + LOOK_INTERVAL
                for run_id in [run_id for run_id, due in self._due.items() if due <= now]:
                    self._publish(run_id, now)
                for run_id in [run_id for run_id, due in self._homes_due.items() if due <= now]:
                    self._tell_home(run_id, now)
                next_due = min((*self._due.values(), *self._homes_due.values()), default=look_at)
                self._wait(max(0.0, min(next_due, look_at) - time.monotonic()))
            except Exception:
                # Whatever happened (database restarting, say), events stay in the outbox and are tried again.
                logger.exception("publishing failed; trying again")
                connection.close()
                self._stopped.wait(1.0)
        self._loop.close()
        connection.close()

    def _publish(self, run_id: int, now: float) -> None:
        frame = number_events(run_id=run_id)
        self._last[run_id] = now
        if frame is None:
            del self._due[run_id]
            return
        # More may lie there; the next look is one interval away, and finds nothing in the usual case.
        self._due[run_id] = now + RUN_INTERVAL
        self._send(run_group(run_id), {"type": "run.frame", "text": frame.model_dump_json(), "to_seq": frame.to_seq})
        # Held back, never left out: the last change of a run must reach the home page too.
        self._homes_due.setdefault(run_id, self._homes_told.get(run_id, 0.0) + TEAM_INTERVAL)

    def _tell_home(self, run_id: int, now: float) -> None:
        del self._homes_due[run_id]
        self._homes_told[run_id] = now
        team_id = self._teams.get(run_id)
        if team_id is None:
            team_id = Run.objects.filter(pk=run_id).values_list("team_id", flat=True).first()
            if team_id is None:
                return
            self._teams[run_id] = team_id
        self._send(team_group(team_id), {"type": "runs.changed", "runs": [run_id]})

    def _send(self, group: str, message: dict[str, Any]) -> None:
        try:
            self._loop.run_until_complete(channel_layer().group_send(group, message))
        except (OSError, RedisError) as error:
            # Viewers notice the gap in the numbers and ask for what is missing.
            logger.warning("a frame was not sent: %s", error)

    def _wait(self, seconds: float) -> None:
        """Sleep until a writer calls, at most `seconds`."""
        try:
            if self._pubsub is None:
                self._pubsub = redis.client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self._pubsub.subscribe(f"nasweb:{WAKE_CHANNEL}")
            message = self._pubsub.get_message(timeout=min(seconds, 0.5))
            while message is not None:
                if message["type"] == "message":
                    run_id = int(message["data"])
                    self._due.setdefault(run_id, self._last.get(run_id, 0.0) + RUN_INTERVAL)
                message = self._pubsub.get_message(timeout=0)
        except RedisError:
            self._pubsub = None
            self._stopped.wait(min(seconds, 0.2))

    def _forget_quiet(self, now: float) -> None:
        for run_id in [run_id for run_id, last in self._last.items() if now - last > 60]:
            del self._last[run_id]
            self._teams.pop(run_id, None)
            self._homes_told.pop(run_id, None)
