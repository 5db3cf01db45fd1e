"""Taking a team's results and deleting its runs, kept apart: a trial must not point to one that is just being deleted.

On SQLite only one transaction writes at a time, so both are apart anyway.
"""

from __future__ import annotations

from django.db import connection

_LOCK = 17
"""Tells these locks of PostgreSQL from others; the team is the second half of their name."""


def team_results_stay(team_id: int) -> None:
    """Until the transaction ends no run of the team is deleted. Call it first: who waits here must hold nothing yet."""
    _wait("pg_advisory_xact_lock_shared", team_id)


def team_results_go(team_id: int) -> None:
    """Until the transaction ends nobody takes a result of the team. Call it first."""
    _wait("pg_advisory_xact_lock", team_id)


def _wait(lock: str, team_id: int) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, %s)", [_LOCK, team_id % 2**31])
