"""The running platform with a no-op estimator. On PostgreSQL the server waits for its disk, as one of the full mode does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from apps.accounts.services.first_start import first_start
from apps.runs.models import Run
from apps.runs.services import run_create
from nas import registry
from tests.faults.expectations import finished
from tests.settings import DATABASE_KIND, POSTGRES_DIR, TEST_STATE_DIR
from tests.support.database import make_database
from tests.support.postgres_server import PostgresServer
from tests.support.running_platform import RunningPlatform
from tests.support.toy_registry import registered

SEARCH: dict[str, Any] = {
    "problem": {"name": "image_classification", "config": {"dataset": "digits"}},
    "space": {"name": "nasbench201"},
    "strategy": {"name": "aging_evolution", "config": {"population_size": 100, "sample_size": 25}},
    "estimator": {"name": "no_op"},
    "objectives": ["accuracy:maximise", "macs:minimise"],
    "seed": 1,
    "num_reported": 0,
}


@pytest.fixture(scope="session")
def redis_server() -> None:
    """The platform starts its own."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    if DATABASE_KIND == "sqlite":
        yield
        return
    server = PostgresServer(POSTGRES_DIR, durable=True)
    server.start()
    yield
    server.stop()


@pytest.fixture(scope="session")
def platform(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[RunningPlatform]:
    running = RunningPlatform(
        state_dir=TEST_STATE_DIR, environment={"DJANGO_SETTINGS_MODULE": "tests.support.toy_settings"}
    )
    make_database()
    with django_db_blocker.unblock(), registered((registry.estimators, "no_op", "tests.bench.no_op:NoOp")):
        running.start()
        yield running
        running.stop()


@pytest.fixture(scope="session")
def carry_out(platform: RunningPlatform) -> Callable[..., Run]:
    """Runs a search of that many trials to its end."""

    def run_to_end(*, num_trials: int, batch_size: int, **parts: Any) -> Run:
        somebody = first_start(now=timezone.now())
        values = {
            **SEARCH,
            "budget": {"trials": num_trials},
            "batch_size": batch_size,
            "parallelism": max(4, 2 * batch_size),
            **parts,
        }
        run = run_create(
            team=somebody.team, by=somebody.user, name=f"bench {num_trials}", values=values, now=timezone.now()
        )
        return finished(run, timeout_seconds=3600)

    return run_to_end


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Prints a figure with the load of the machine at that moment."""

    def write(text: str) -> None:
        load = os.getloadavg()[0]
        print(f"\n[load {load:.1f} on {os.cpu_count()} cores] {text}", flush=True)

    return write
