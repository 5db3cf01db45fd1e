"""Pages are looked at with one team's run and people of every role (tests/apps/conftest.py)."""

from __future__ import annotations

import pytest

from apps.accounts.models import Team, User
from apps.runs.models import Run
from tests.apps.builders import make_run, make_trials


@pytest.fixture
def run(team: Team, member: User) -> Run:
    """Twelve ended trials of which number 4 crashed, one that runs, one that waits."""
    run = make_run(team, member, name="Small cells")
    make_trials(run, 12, failed=[4], num_open=2, curve_steps=3)
    return run
