"""In which order workers are called."""

from __future__ import annotations

from typing import Any

from celery import current_app

from apps.runs.wake import CALLS_AT_ONCE, wake_workers, worker_woken


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


def test_calls_that_nobody_answers_do_not_pile_up() -> None:
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        channel.queue_purge("gpu")
        for _ in range(3):
            worker_woken("gpu")  # as if the calls before were long ago
            wake_workers("gpu", 50)
        assert channel.queue_purge("gpu") == CALLS_AT_ONCE
