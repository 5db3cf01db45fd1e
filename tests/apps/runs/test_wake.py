"""In which order workers are called."""

from __future__ import annotations

from typing import Any

from celery import current_app

from apps.runs.wake import wake_workers, worker_woken


def test_what_a_person_waits_for_goes_before_the_calls_of_a_busy_run() -> None:
    worker_woken("cpu")  # no call of an earlier test stands for these
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        channel.queue_purge("cpu")
        wake_workers("cpu", 3)
        current_app.send_task("tasks.architecture_export", args=[1], queue="cpu")

        taken = [channel.basic_get("cpu", no_ack=True) for _ in range(5)]

    names = [message.headers["task"] for message in taken if message is not None]
    assert names == ["tasks.architecture_export", *["tasks.job_execute"] * 3]
