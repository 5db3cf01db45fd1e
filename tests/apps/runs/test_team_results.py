"""On PostgreSQL, where several write at a time: taking a team's results and deleting its runs exclude each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Run
from apps.runs.services import run_delete
from tests.apps.runs.driver import advance

pytestmark = pytest.mark.postgres
RANDOM = {"strategy": {"name": "random"}}


def held() -> list[tuple[str, int]]:
    """(mode, team) of the locks that this transaction holds; shared ones wait for exclusive ones, and the other way round."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode, objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()"
        )
        return [(mode, int(team)) for mode, team in cursor.fetchall()]


def test_a_search_that_takes_results_keeps_runs_of_its_team_from_going(make_run: Callable[..., Run]) -> None:
    advance(make_run(**RANDOM))
    assert held() == []
    run = advance(make_run(**RANDOM, reuse=True))
    assert held() == [("ShareLock", run.team_id)]


def test_a_run_that_goes_keeps_its_team_from_taking_results(make_run: Callable[..., Run], member: User) -> None:
    run = make_run(**RANDOM)
    run_delete(run=run, by=member, now=timezone.now())
    assert held() == [("ExclusiveLock", run.team_id)]
