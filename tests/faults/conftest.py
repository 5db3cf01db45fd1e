"""One running platform for all tests of this room, with a lease of two seconds, and a search nobody disturbed to compare with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.services.first_start import first_start
from apps.runs.models import Run
from apps.runs.services import run_create
from tests.faults.expectations import Story, finished, story
from tests.faults.hold import Hold
from tests.settings import TEST_STATE_DIR
from tests.support.database import make_database
from tests.support.running_platform import RunningPlatform
from tests.support.session_cookie import session_cookie
from tests.support.viewer import Viewer

ROUNDS = int(os.environ.get("NASWEB_FAULT_ROUNDS", "2"))
"""How often each part is killed; `make faults` asks for twenty."""

SEARCH: dict[str, Any] = {
    "problem": {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 100}},
    "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
    "strategy": {"name": "aging_evolution", "config": {"population_size": 6, "sample_size": 3}},
    "estimator": {"name": "train", "config": {"epochs": 1}},
    "objectives": ["loss:minimise", "macs:minimise"],  # a loss shows the least difference between two trainings
    "budget": {"trials": 24},
    "seed": 11,
    "parallelism": 4,
    "num_reported": 1,
}
"""Real networks on real digits, some 40 ms each."""


@pytest.fixture(scope="session")
def redis_server() -> None:
    """The platform starts its own, on the socket of the test settings; these tests kill it."""


@pytest.fixture(scope="session")
def hold() -> Hold:
    folder = TEST_STATE_DIR / "faults"
    folder.mkdir()
    return Hold(folder)


@pytest.fixture(scope="session")
def platform(django_db_setup: None, django_db_blocker: DjangoDbBlocker, hold: Hold) -> Iterator[RunningPlatform]:
    running = RunningPlatform(
        state_dir=TEST_STATE_DIR,
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.support.toy_settings",
            "NASWEB_LEASE_SECONDS": "2",
            "NASWEB_HEARTBEAT_SECONDS": "0.5",
            "NASWEB_SWEEP_SECONDS": "1",
            "NASWEB_FAULT_DIR": str(hold.folder),
        },
    )
    make_database()
    with django_db_blocker.unblock():
        running.start()
        try:
            yield running
        finally:
            running.stop()
            if keep := os.environ.get("NASWEB_FAULT_KEEP_LOGS"):
                _keep_logs(Path(keep))


def _keep_logs(to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for log in (TEST_STATE_DIR / "log").glob("*.log*"):
        (to / log.name).write_bytes(log.read_bytes())


@pytest.fixture
def start_run(platform: RunningPlatform) -> Callable[..., Run]:
    """Starts the search of this room, the way the form does."""

    def start(**parts: Any) -> Run:
        somebody = first_start(now=timezone.now())
        values = {**SEARCH, **parts}
        return run_create(team=somebody.team, by=somebody.user, name="under fire", values=values, now=timezone.now())

    return start


@pytest.fixture(scope="session")
def _undisturbed_stories() -> dict[int, Story]:
    return {}


@pytest.fixture
def undisturbed(start_run: Callable[..., Run], _undisturbed_stories: dict[int, Story]) -> Callable[[int], Story]:
    """The search with that batch size as it goes when nothing is killed; run once per session."""

    def of(batch_size: int) -> Story:
        if batch_size not in _undisturbed_stories:
            run = start_run(batch_size=batch_size)
            finished(run)
            _undisturbed_stories[batch_size] = story(run)
        return _undisturbed_stories[batch_size]

    return of


@pytest.fixture
def open_page(platform: RunningPlatform) -> Iterator[Callable[[Run], Viewer]]:
    """Opens a run's page: what its live part does, over a real socket."""
    viewers: list[Viewer] = []

    def open_it(run: Run) -> Viewer:
        assert run.created_by is not None
        viewer = Viewer(address=lambda: platform.address, cookie=session_cookie(run.created_by), run_id=run.pk).start()
        viewers.append(viewer)
        return viewer

    yield open_it
    for viewer in viewers:
        viewer.close()
