"""Which commits have to wait for the disk."""

from __future__ import annotations

from django.db import connection


def need_not_be_durable() -> None:
    """Let the present transaction commit without waiting for PostgreSQL's disk. Call it inside the transaction.

    For what can be done again if the server crashes within the next moments: a claim, an advance, the numbering of events. The
    log is written in order, so whatever led to a durable result is on disk when the result is; results, and what people asked
    for, always wait. SQLite in WAL mode does not wait in the first place.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO OFF")
