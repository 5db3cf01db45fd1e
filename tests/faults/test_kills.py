"""Whatever is killed, wherever it stood: the run completes, its budget is exact, and it proposes what it would have proposed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from apps.runs.models import Proposal, Run
from tests.faults.conftest import ROUNDS, SEARCH
from tests.faults.expectations import Story, assert_whole, finished, story
from tests.faults.hold import POINTS, Hold
from tests.support.conditions import wait_for
from tests.support.running_platform import RunningPlatform
from tests.support.viewer import Viewer, comparable

BUDGET = SEARCH["budget"]["trials"]
LONGEST_DELAY_SECONDS = 0.15  # two trials


def _kill_worker(platform: RunningPlatform) -> None:
    platform.kill("cpu0")


def _kill_control(platform: RunningPlatform) -> None:
    platform.kill("control")


def _kill_web(platform: RunningPlatform) -> None:
    platform.kill("web")


def _kill_valkey(platform: RunningPlatform) -> None:
    platform.kill("valkey")


def _flush_valkey(platform: RunningPlatform) -> None:
    platform.flush_valkey()


def _kill_everything(platform: RunningPlatform) -> None:
    platform.kill_everything()
    platform.start()


BLOWS: dict[str, Callable[[RunningPlatform], None]] = {
    "worker": _kill_worker,
    "control": _kill_control,
    "web": _kill_web,
    "valkey": _kill_valkey,
    "valkey-flush": _flush_valkey,
    "everything": _kill_everything,
}
CASES = [(blow, number) for number in range(ROUNDS) for blow in BLOWS]
"""Even rounds strike at a named point, odd ones at a random moment; each seeded by its own name."""


@pytest.mark.parametrize(("blow", "number"), CASES, ids=[f"{blow}-{number}" for blow, number in CASES])
def test_a_run_survives(
    blow: str,
    number: int,
    platform: RunningPlatform,
    hold: Hold,
    start_run: Callable[..., Run],
    undisturbed: Callable[[int], Story],
    open_page: Callable[[Run], Viewer],
) -> None:
    chance = random.Random(f"{blow} {number}")
    batch_size = (1, 3)[number // 2 % 2]
    expected = undisturbed(batch_size)
    strike = BLOWS[blow]
    if number % 2 == 0:
        point = POINTS[(number // 2 + list(BLOWS).index(blow)) % len(POINTS)]
        hold.at(point, nth=chance.randrange(2, 6))
        run = start_run(batch_size=batch_size)
        page = open_page(run)
        pid = hold.wait()
        print(f"{blow} at {point}, process {pid} held")
        strike(platform)
        hold.release()
    else:
        run = start_run(batch_size=batch_size)
        page = open_page(run)
        num_done = chance.randrange(1, BUDGET - 2)
        wait_for(
            lambda: Proposal.objects.filter(replica__run=run, result__isnull=False).count() >= num_done,
            timeout_seconds=60,
            what=f"{num_done} results",
        )
        time.sleep(
            delay := chance.uniform(0, LONGEST_DELAY_SECONDS)
        )  # the moment is what is drawn, not a wait for something
        print(f"{blow} {delay * 1000:.0f} ms after result {num_done}")
        strike(platform)
    finished(run)
    assert_whole(run, budget=BUDGET)
    assert story(run) == expected
    _page_is_up_to_date(page)


def _page_is_up_to_date(page: Viewer) -> None:
    """The page that was open all the time shows what a fresh one shows, without being touched."""
    fresh = comparable(wait_for(lambda: _fetched(page), timeout_seconds=30, what="a fresh snapshot"))
    deadline = time.monotonic() + 30
    while comparable(page.state()) != fresh and time.monotonic() < deadline:
        time.sleep(0.05)
    assert comparable(page.state()) == fresh
    assert page.num_snapshots == 1, "the page should need no second snapshot for so few events"


def _fetched(page: Viewer) -> dict[str, Any]:
    try:
        return page.fetch_snapshot()
    except OSError:  # the web server is on its way back
        return {}
