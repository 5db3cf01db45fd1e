"""Wake-up calls: Celery messages that say "look into the database". Losing one delays work until the next sweep, no more.

While Redis is away no call is made: the broker's own retries would hold up the caller for seconds.
"""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import ChannelError, OperationalError
from redis.exceptions import RedisError

from apps.live import redis

logger = logging.getLogger(__name__)

# An unanswered call is repeated by the next event or the sweep; one that is under way need not be made twice.
CONTROL_SECONDS = 2.0
WORKER_SECONDS = 1.0
CALLS_AT_ONCE = 64
JOB_CALL_PRIORITY = 3
"""Behind the exports and checks of uploads in the same queue (0, Redis' highest): a person waits for those, and the calls of a
busy worker's own run pile up in front of them, because it takes its next job without one."""


def wake_control(run_id: int) -> None:
    """Have the run advanced soon. Many calls at once become one."""
    if redis.first_in(f"advance:{run_id}", seconds=CONTROL_SECONDS):
        _send("tasks.run_advance", [run_id], queue="control")


def control_woken(run_id: int) -> None:
    """The advance begins to read: whatever happens from here on deserves a call of its own."""
    redis.forget(f"advance:{run_id}")


def wake_workers(queue: str, num_jobs: int) -> None:
    """Call up to `num_jobs` workers. `queue`: "cpu", "gpu", or "any" for both."""
    for name in ("cpu", "gpu") if queue == "any" else (queue,):
        # A worker that is awake claims until the queue is empty, so a few calls a second are enough.
        places = range(min(num_jobs, CALLS_AT_ONCE))
        due = [place for place in places if redis.first_in(f"work:{name}:{place}", seconds=WORKER_SECONDS)]
        # Where no worker lives nobody takes the calls away; they must not pile up for ever.
        for _ in due[: max(0, CALLS_AT_ONCE - _num_waiting(name))] if due else ():
            _send("tasks.job_execute", [], queue=name, priority=JOB_CALL_PRIORITY)


def worker_woken(queue: str) -> None:
    """A worker begins to look for jobs."""
    redis.forget(*(f"work:{queue}:{place}" for place in range(CALLS_AT_ONCE)))


def _num_waiting(queue: str) -> int:
    """How many messages lie in a queue; 0 when the broker cannot be asked."""
    try:
        with current_app.pool.acquire(block=True) as connection:
            channel = connection.default_channel  # type: ignore[attr-defined]  # the stubs take it for a producer
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except (ChannelError, OperationalError, RedisError, OSError):  # the first: nothing lies in it, so it is not there
        return 0


def _send(task: str, args: list[int], *, queue: str, priority: int = 0) -> None:
    try:
        current_app.send_task(task, args=args, queue=queue, priority=priority, retry=False, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("nobody was woken for %s: %s", task, error)
