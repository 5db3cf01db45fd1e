"""Which side a Celery worker is on."""

from __future__ import annotations

from collections.abc import Iterable


def is_control_worker(queues: Iterable[object]) -> bool:
    """`queues`: those the worker consumes, as objects with a name or as names."""
    return "control" in {getattr(queue, "name", queue) for queue in queues}
