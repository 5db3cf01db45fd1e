"""The settings of the test run: those of the product, with state, database and Redis in places of this run alone.

They are set as environment variables, so that the processes which tests start (workers, servers) share them.
`NASWEB_TEST_DATABASE=postgres` runs what asks the database on a PostgreSQL server that the tests start; the default, SQLite in
a file, runs everything.
"""

import os
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE_KIND = os.environ.get("NASWEB_TEST_DATABASE", "sqlite")
if DATABASE_KIND not in {"sqlite", "postgres"}:
    raise ValueError(f"NASWEB_TEST_DATABASE must be sqlite or postgres, got {DATABASE_KIND!r}")


def folder_of_this_run(variable: str, prefix: str) -> Path:
    """Returns the folder that the environment names, else makes one: a process that a test starts gets the folder of its run."""
    if variable not in os.environ:
        os.environ[variable] = tempfile.mkdtemp(prefix=prefix)
    return Path(os.environ[variable])


# Short, for sockets lie in them. tests/conftest.py removes both at the end.
TEST_STATE_DIR = folder_of_this_run("NASWEB_TEST_STATE_DIR", "nasweb-test-")
POSTGRES_DIR = folder_of_this_run("NASWEB_TEST_POSTGRES_DIR", "nasweb-pg-")

os.environ |= {
    "NASWEB_STATE_DIR": str(TEST_STATE_DIR),
    "NASWEB_RUNTIME_DIR": str(TEST_STATE_DIR / "run"),
    "NASWEB_REDIS_URL": f"unix://{TEST_STATE_DIR / 'run' / 'valkey.sock'}",
    "NASWEB_SECRET_KEY": "only for tests; nothing of value is signed with it",
    "NASWEB_DATABASE_URL": (
        f"sqlite:///{TEST_STATE_DIR / 'nasweb.sqlite3'}"
        if DATABASE_KIND == "sqlite"
        else f"postgres://nasweb@{quote(str(POSTGRES_DIR), safe='')}/nasweb_test"
    ),
}
for name in ("NASWEB_ARTIFACT_ROOT", "NASWEB_LOG_DIR", "NASWEB_DEBUG", "NASWEB_VITE_DEV_ORIGIN", "NASWEB_HTTPS"):
    os.environ.pop(name, None)

from nasweb.settings import *  # noqa: E402, F403
from nasweb.settings import ALLOWED_HOSTS, DATABASES  # noqa: E402

# The test database has the name that the processes started by tests read from the URL above; on SQLite it is a file in WAL
# mode, for a database in memory cannot be shared.
DATABASES["default"]["TEST"] = {"NAME": str(DATABASES["default"]["NAME"])}
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; the product's own is Django's default
