"""Two finished runs of one team on the same task, told apart by their seed."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.runs.models import Run
from apps.runs.states import RunState
from tests.apps.builders import make_run, make_trials


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def two_runs(team: Team, member: User) -> tuple[Run, Run]:
    """Twelve trials each; of the second, number 4 crashed."""
    first = make_run(team, member, name="Evolution", state=RunState.COMPLETED, specification={"seed": 1})
    second = make_run(team, member, name="Random", state=RunState.COMPLETED, specification={"seed": 2})
    make_trials(first, 12)
    make_trials(second, 12, failed=[4])
    return first, second
