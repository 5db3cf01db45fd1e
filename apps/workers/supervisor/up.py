"""The whole start, from the lock to the address on the terminal, and the whole stop."""

import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.workers.supervisor.bytecode import bytecode_environment
from apps.workers.supervisor.child_log import ChildLog
from apps.workers.supervisor.cpu_count import default_cpu_workers, usable_cores
from apps.workers.supervisor.database import migrate
from apps.workers.supervisor.devices import torch_can_use_gpus, visible_gpus
from apps.workers.supervisor.first_visit import prepare_first_visit
from apps.workers.supervisor.listening_socket import listening_socket
from apps.workers.supervisor.plan import Plan
from apps.workers.supervisor.private_redis import (
    answers,
    clear_socket,
    private_redis_spec,
    server_program,
    set_aside,
)
from apps.workers.supervisor.state_lock import AlreadyRunning, StateLock
from apps.workers.supervisor.supervisor import StopRequested, Supervisor
from apps.workers.supervisor.terminal import Terminal
from apps.workers.supervisor.web_probe import WebProbe

REDIS_START_SECONDS = 20.0
WEB_START_SECONDS = 120.0
STARTS_BEFORE_GIVING_UP = 3
WILDCARD_HOSTS = {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound


class CannotStart(Exception):
    """The start failed for a reason that a person can remove; the text says how."""


@dataclass(frozen=True, slots=True)
class UpOptions:
    host: str
    port: int
    num_cpu_workers: int | None  # None: by the machine
    with_demo: bool


class Up:
    """One start of the product on this machine."""

    def __init__(self, *, options: UpOptions, terminal: Terminal) -> None:
        self._options = options
        self._terminal = terminal
        settings.RUNTIME_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.LOG_DIR.mkdir(parents=True, exist_ok=True)
        run_dir = settings.STATE_DIR / "run"
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = StateLock(run_dir)
        self._address = ""
        self._ready = False
        self._pids: dict[str, int] = {}
        self._supervisor = Supervisor(terminal=terminal, log_dir=settings.LOG_DIR, on_change=self._write_status)

    def run(self) -> None:
        """Starts everything, serves until asked to stop, stops everything. Raises CannotStart."""
        try:
            self._lock.acquire()
        except AlreadyRunning as error:
            raise CannotStart(self._already_running_text(error)) from None
        try:
            with self._supervisor.signals():
                try:
                    self._start()
                    self._supervisor.run()
                except StopRequested:
                    pass
                finally:
                    self._terminal.step(_("Stopping. Running trials are saved; Ctrl-C again kills everything at once."))
                    self._supervisor.stop()
                    self._terminal.step(_("Stopped."))
        finally:
            self._lock.release()

    # --- the steps of the start ---------------------------------------------------------------------------------------

    def _start(self) -> None:
        listener = self._listen()
        self._address = f"http://{self._shown_host()}:{listener.getsockname()[1]}"
        if settings.REDIS_IS_EMBEDDED:
            self._start_redis()
        elif not answers(settings.REDIS_URL):
            raise CannotStart(
                _("No server answers at NASWEB_REDIS_URL. Start it, or remove the variable to use a private server.")
            )
        self._migrate()
        plan = self._plan(listener)
        for spec in plan.children():
            self._supervisor.add(spec)
        self._wait_for_web()
        self._greet(plan)

    def _listen(self) -> socket.socket:
        try:
            listener = listening_socket(host=self._options.host, port=self._options.port)
        except OSError as error:
            raise CannotStart(
                _("Cannot listen on %(host)s: %(reason)s.") % {"host": self._options.host, "reason": error}
            ) from error
        port = listener.getsockname()[1]
        if self._options.port not in (0, port):
            self._terminal.step(
                _("Port %(wished)d is busy; port %(port)d is used instead.")
                % {"wished": self._options.port, "port": port}
            )
        return listener

    def _start_redis(self) -> None:
        socket_path = settings.RUNTIME_DIR / "valkey.sock"
        data_dir = settings.STATE_DIR / "valkey"
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if clear_socket(socket_path):
            self._terminal.step(_("Valkey: a server left by an earlier start has saved its data and gone."))
        try:
            program = server_program()
        except RuntimeError as error:
            raise CannotStart(str(error)) from error
        child = self._supervisor.add(
            private_redis_spec(program=program, socket_path=socket_path, data_dir=data_dir, environment={})
        )
        moved_to: Path | None = None

        def ready() -> bool:
            nonlocal moved_to
            if child.num_quick_deaths >= STARTS_BEFORE_GIVING_UP and moved_to is None:
                moved_to = set_aside(data_dir)
            return child.pid is not None and answers(settings.REDIS_URL)

        if not self._supervisor.wait_until(ready, timeout_seconds=REDIS_START_SECONDS):
            raise CannotStart(self._does_not_start_text("valkey"))
        if moved_to is not None:
            self._terminal.step(
                _("Valkey could not read its data; they lie in %(path)s now. No result is lost.") % {"path": moved_to}
            )
        self._terminal.step(_("Valkey: %(program)s on %(path)s") % {"program": program.name, "path": socket_path})

    def _migrate(self) -> None:
        try:
            num_applied = migrate()
        except DatabaseError as error:
            raise CannotStart(
                _("The database cannot be used: %(reason)s Check NASWEB_DATABASE_URL.") % {"reason": error}
            ) from error
        applied = (
            ngettext("%(num)d change applied", "%(num)d changes applied", num_applied) % {"num": num_applied}
            if num_applied
            else _("up to date")
        )
        self._terminal.step(
            _("Database: %(kind)s, %(applied)s") % {"kind": connection.display_name, "applied": applied}
        )

    def _plan(self, listener: socket.socket) -> Plan:
        gpus = visible_gpus()
        if gpus and not torch_can_use_gpus():
            self._terminal.step(_("This machine has a GPU, but the installed torch is a build for CPUs only."))
            gpus = []
        num_cores = usable_cores()
        wished = self._options.num_cpu_workers
        num_cpu_workers = (
            default_cpu_workers(num_cores=num_cores, num_gpus=len(gpus)) if wished is None else max(0, wished)
        )
        environment = {
            "PYTHONUNBUFFERED": "1",
            "NASWEB_STATE_DIR": str(settings.STATE_DIR),
            "NASWEB_RUNTIME_DIR": str(settings.RUNTIME_DIR),
            "NASWEB_ALLOWED_HOSTS": ",".join(self._allowed_hosts()),
            "NASWEB_SOFT_SHUTDOWN_SECONDS": str(settings.NASWEB_UP_SOFT_SHUTDOWN_SECONDS),
            **bytecode_environment(os.environ, folder=settings.STATE_DIR / "pycache"),
        }
        return Plan(
            listen_fd=listener.detach(),  # stays open for the life of this process: each restart of the web server gets it
            gpus=gpus,
            num_cpu_workers=num_cpu_workers,
            num_cores=num_cores,
            soft_shutdown_seconds=settings.NASWEB_UP_SOFT_SHUTDOWN_SECONDS,
            environment=environment,
        )

    def _wait_for_web(self) -> None:
        self._terminal.step(_("Starting: %(names)s") % {"names": ", ".join(self._pids)})
        host, port = self._address.removeprefix("http://").rsplit(":", 1)
        probe = WebProbe(host=host.strip("[]"), port=int(port))
        web_failed = False

        def answered_or_failed() -> bool:
            nonlocal web_failed
            num_deaths = self._supervisor.child("web").num_quick_deaths
            web_failed = probe.broken() or num_deaths >= STARTS_BEFORE_GIVING_UP
            return web_failed or probe.answered()

        if not self._supervisor.wait_until(answered_or_failed, timeout_seconds=WEB_START_SECONDS) or web_failed:
            raise CannotStart(self._does_not_start_text("web"))

    def _greet(self, plan: Plan) -> None:
        visit = prepare_first_visit(now=timezone.now(), with_demo=self._options.with_demo)
        connections.close_all()
        if visit.demo_started:
            self._terminal.step(_("A demonstration search has begun; it is on the first page."))
        self._ready = True
        self._write_status(self._pids)
        self._terminal.step(_("Ready: %(address)s/") % {"address": self._address})
        self._terminal.more(_("Sign in (the link works once): %(link)s") % {"link": self._address + visit.sign_in_path})
        self._terminal.more(_("Logs: %(path)s   Stop: Ctrl-C") % {"path": settings.LOG_DIR})

    # --- what it says of itself ---------------------------------------------------------------------------------------

    def _shown_host(self) -> str:
        host = self._options.host
        if host in WILDCARD_HOSTS or host in {"127.0.0.1", "::1"}:
            return "localhost"
        return f"[{host}]" if ":" in host else host

    def _allowed_hosts(self) -> list[str]:
        """The names of the settings and the one this start serves; behind a wildcard also the names of this machine."""
        names = [*settings.ALLOWED_HOSTS, self._shown_host()]
        if self._options.host in WILDCARD_HOSTS:
            names += [socket.gethostname(), socket.getfqdn()]
        return list(dict.fromkeys(names))

    def _write_status(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._lock.write_status(
            {"pid": os.getpid(), "address": self._address, "ready": self._ready, "children": pids, "at": time.time()}
        )

    def _already_running_text(self, error: AlreadyRunning) -> str:
        return _(
            "It already runs at %(address)s (process %(pid)s). Stop it with Ctrl-C there, or with: kill %(pid)s"
        ) % {
            "address": error.status.get("address") or _("an address it has not told yet"),
            "pid": error.status.get("pid") or "?",
        }

    def _does_not_start_text(self, name: str) -> str:
        log: ChildLog = self._supervisor.log_of(name)
        return "\n".join(
            [
                _("%(name)s does not start. The last lines of %(path)s:") % {"name": name, "path": log.path},
                *(f"    {line}" for line in log.tail(20)),
            ]
        )


def options_from(*, host: str | None, port: int | None, workers: int | None, with_demo: bool) -> UpOptions:
    """Completes what the command line did not say from the settings."""
    return UpOptions(
        host=host or settings.NASWEB_HOST,
        port=settings.NASWEB_PORT if port is None else port,
        num_cpu_workers=settings.NASWEB_CPU_WORKERS if workers is None else workers,
        with_demo=with_demo,
    )


def restart_with_state_dir(state_dir: Path) -> None:
    """Replaces this process by one whose settings use another state folder; settings cannot move once they are read."""
    kept: list[str] = []
    skip = False
    for argument in sys.argv:
        if skip or argument.startswith("--state-dir="):
            skip = False
        elif argument == "--state-dir":
            skip = True
        else:
            kept.append(argument)
    os.environ["NASWEB_STATE_DIR"] = str(state_dir)
    os.execv(sys.executable, [sys.executable, *kept])
