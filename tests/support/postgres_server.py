"""A throw-away PostgreSQL server on a unix socket, started by the tests from the programs of this machine."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from apps.workers.supervisor.child import LAUNCHER
from tests.support.conditions import wait_for

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
SUPERUSER = "nasweb"


class PostgresMissing(Exception):
    """This machine has no PostgreSQL programs."""


def postgres_programs() -> Path:
    """Returns the folder that holds `initdb` and `postgres`: Debian's newest, else the one on PATH."""
    folders = sorted(DEBIAN_PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise PostgresMissing("no initdb in /usr/lib/postgresql or on PATH: install the package postgresql")


def unprivileged_user() -> pwd.struct_passwd:
    """Returns the user that runs PostgreSQL when the tests run as root, which it refuses."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing("root may not run PostgreSQL and there is no user postgres or nobody")


def dying_with_this_process() -> tuple[str, ...]:
    """Returns the start of a command whose program gets SIGINT, PostgreSQL's fast shutdown, when this process is killed.

    As root it also changes the user, by a program of the system: the other user may not read this Python.
    """
    if os.getuid() != 0:
        return (sys.executable, "-I", "-S", str(LAUNCHER), str(int(signal.SIGINT)), str(os.getpid()))
    other = unprivileged_user()
    identity = ("--reuid", str(other.pw_uid), "--regid", str(other.pw_gid), "--clear-groups")
    return ("setpriv", *identity, "--pdeathsig", "INT")


KEPT_SMALL = {
    "autovacuum_naptime": "1s",
    "autovacuum_vacuum_cost_delay": "0",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_analyze_threshold": "1000000000",
}
"""Each test's rows are rolled back and stay in their tables, dead, until somebody cleans up; a thousand tests later every query
would read them all. Statistics would be those of empty tables, so none are taken."""


class PostgresServer:
    """Lives in `folder` with the socket beside its data. It never waits for the disk (what it holds is worthless afterwards)
    unless it is `durable`, as a server of the full mode is."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._durable = durable
        self._programs = postgres_programs()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self._folder / "data"
        if os.getuid() == 0:
            other = unprivileged_user()
            os.chown(self._folder, other.pw_uid, other.pw_gid)
        subprocess.run(
            [
                *dying_with_this_process(),
                *(str(self._programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust"),
                *("-E", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            cwd=self._folder,
        )
        settings = {"listen_addresses": "", "max_connections": "200"}
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= KEPT_SMALL
        program = (str(self._programs / "postgres"), "-D", str(data), "-k", str(self._folder))
        self._process = subprocess.Popen(
            [
                *dying_with_this_process(),
                *program,
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )
        wait_for(self._answers, what="an answer of the PostgreSQL server")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

    def _answers(self) -> bool:
        ready = [str(self._programs / "pg_isready"), "-h", str(self._folder), "-q"]
        return subprocess.run(ready, check=False).returncode == 0
