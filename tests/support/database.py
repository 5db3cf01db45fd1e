"""The database of this test run, for tests that leave it to the processes they start to migrate it."""

import psycopg
from django.conf import settings

from tests.settings import DATABASE_KIND


def make_database() -> None:
    """On PostgreSQL a database must be made before anyone can connect to it; on SQLite opening the file makes it."""
    if DATABASE_KIND == "sqlite":
        return
    database = settings.DATABASES["default"]
    name, user, host = database["TEST"]["NAME"], database["USER"], database["HOST"]
    with psycopg.connect(host=host, user=user, dbname="postgres", autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
