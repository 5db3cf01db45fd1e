"""A run of digits with completed trials, and two small real studies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Run, Trial
from apps.runs.selectors.trials import trial_get
from apps.studies.models import Study
from apps.studies.services.request import study_start
from apps.workers.models import Worker
from tests.apps.builders import make_run, make_trials, make_worker
from tests.support.toy_registry import TOYS, registered


@pytest.fixture(autouse=True)
def _studies() -> Iterator[None]:
    with registered(*TOYS):
        yield


@pytest.fixture
def run(team: Team, member: User) -> Run:
    """Twelve ended trials of which number 4 crashed, one that runs."""
    run = make_run(team, member, name="Small cells")
    make_trials(run, 12, failed=[4], num_open=1)
    return run


@pytest.fixture
def trial(run: Run) -> Trial:
    return trial_get(run=run, replica=0, number=3)


@pytest.fixture
def worker(db: None) -> Worker:
    return make_worker()


def ask(trial: Trial, by: User, **changes: Any) -> Study:
    given: dict[str, Any] = {"kind": "cost_by_size", "settings": {"num_sizes": 3}, "seed": 0, "now": timezone.now()}
    return study_start(trial=trial, by=by, **{**given, **changes})
