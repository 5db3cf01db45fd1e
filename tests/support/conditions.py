"""Waiting for something that another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.02
Value = TypeVar("Value")


def wait_for(probe: Callable[[], Value], *, timeout_seconds: float = 20.0, what: str = "the condition") -> Value:
    """Returns the first true value of `probe()`; fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        if value := probe():
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} did not come true within {timeout_seconds} s")
        time.sleep(POLL_SECONDS)
