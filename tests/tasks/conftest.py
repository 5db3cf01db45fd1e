"""The worker side on toys: real services, real database, real Redis; only the process is this one."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.services import run_create
from apps.workers.models import Worker
from apps.workers.processes import process_started
from tasks import work
from tasks.cache import WarmCache
from tests.apps.conftest import _empty_cache, _member, admin, member, team, viewer
from tests.apps.runs.conftest import _cold, _toys, make_run

__all__ = ["_cold", "_empty_cache", "_member", "_toys", "admin", "make_run", "member", "team", "viewer"]


@pytest.fixture(autouse=True)
def _nothing_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setups are kept by the key of their run, and keys come again after a rollback."""
    monkeypatch.setattr(work, "_cache", WarmCache(2**40))


@pytest.fixture
def worker(db: None) -> Worker:
    """This process as a CPU worker; `this_worker()` finds the same row."""
    return Worker.objects.create(
        name=work.worker_name(),
        host=socket.gethostname(),
        pid=os.getpid(),
        process_started=process_started(os.getpid()),
        queue="cpu",
        device="cpu",
        last_seen_at=timezone.now(),
    )


@pytest.fixture
def make_real_run(team: Team, member: User) -> Callable[..., Run]:
    """A run that trains real networks on the digits: small ones, on few of them."""

    def make(**estimator: object) -> Run:
        values = {
            "problem": {"name": "image_classification", "config": {"max_examples": 300}},
            "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
            "strategy": {"name": "random"},
            "estimator": {"name": "train", "config": {"epochs": 4, **estimator}},
            "objectives": ["accuracy:maximise", "macs:minimise"],
            "budget": {"trials": 1},
            "seed": 3,
            "num_reported": 0,
        }
        return run_create(team=team, by=member, name="digits", values=values, now=timezone.now())

    return make
