"""Runs on toys that take microseconds, driven step by step through the real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.services import run_create
from apps.runs.services.memory import warm
from apps.workers.models import Worker
from tasks import context, work
from tasks.cache import WarmCache
from tests.apps.runs.driver import toy_values
from tests.support.toy_registry import TOYS, registered


@pytest.fixture(autouse=True)
def _toys() -> Iterator[None]:
    with registered(*TOYS):
        yield


@pytest.fixture(autouse=True)
def _cold(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Primary keys are used again after a rollback: what another test kept warm must not be met here. And nobody watches over a
    lease from a connection of its own, which would wait for the test's transaction to end, and outlive it."""
    warm.clear()
    monkeypatch.setattr(work, "_cache", WarmCache(2**40))
    monkeypatch.setattr(context, "WATCH_SECONDS", 3600)
    settings.NASWEB_HEARTBEAT_SECONDS = 3600


@pytest.fixture
def make_run(team: Team, member: User) -> Callable[..., Run]:
    """A stored run on toys; keywords replace parts of its specification."""

    def make(**parts: Any) -> Run:
        name = parts.pop("name", "toy")
        return run_create(team=team, by=member, name=name, values=toy_values(**parts), now=timezone.now())

    return make


@pytest.fixture
def worker(db: None) -> Worker:
    return Worker.objects.create(
        name="cpu0", host="here", pid=1, queue="cpu", device="cpu", last_seen_at=timezone.now()
    )
