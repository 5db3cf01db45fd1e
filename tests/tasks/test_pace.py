"""How many jobs a worker takes in one go."""

from __future__ import annotations

from tasks.pace import MOST_TOGETHER, REMEMBERED, TOGETHER_SECONDS, Pace


def at_once(*seconds: float) -> int:
    pace = Pace()
    for one in seconds:
        pace.note(one)
    return pace.jobs_at_once()


def test_a_run_that_is_not_known_begins_with_one() -> None:
    assert at_once() == 1


def test_as_many_as_last_a_blink_and_never_very_many() -> None:
    assert at_once(TOGETHER_SECONDS / 4.5) == 4
    assert at_once(TOGETHER_SECONDS * 0.9) == 1
    assert at_once(3600.0) == 1
    assert at_once(0.0) == MOST_TOGETHER


def test_a_slow_job_is_remembered_for_a_while() -> None:
    fast = TOGETHER_SECONDS / 20
    assert at_once(fast, fast, 2 * TOGETHER_SECONDS) == 1
    assert at_once(2 * TOGETHER_SECONDS, fast) == 1
    after = 2 * TOGETHER_SECONDS * REMEMBERED**10
    assert at_once(2 * TOGETHER_SECONDS, *[fast] * 10) == int(TOGETHER_SECONDS / after) > 1
