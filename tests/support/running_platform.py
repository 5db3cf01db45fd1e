"""The whole product as real processes, started as a person starts it: `manage.py up`, one worker, a private Valkey."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import redis

from apps.workers.supervisor.child import LAUNCHER
from tests.support.conditions import wait_for

ROOT = Path(__file__).parents[2]
PARTS = ("web", "control", "cpu0", "valkey")
START_SECONDS = 240.0


class RunningPlatform:
    """Uses the state folder, database and socket that tests/settings.py chose, so this process reads what it writes.

    Each part is a process group of its own; whatever is killed alone is started again by the supervisor.
    """

    def __init__(self, *, state_dir: Path, environment: Mapping[str, str]) -> None:
        self.state_dir = state_dir
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts everything and waits until the web server answers and the control worker advances."""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "nasweb.settings", **self._environment}
        environment.pop(
            "NASWEB_REDIS_URL", None
        )  # it starts a server of its own, on the very socket of the test settings
        launch = (sys.executable, "-I", "-S", str(LAUNCHER), str(int(signal.SIGTERM)), str(os.getpid()))
        command = (sys.executable, "manage.py", "up", "--no-demo", "--port", "0", "--workers", "1")
        self.state_dir.joinpath("run", "up.json").unlink(missing_ok=True)
        with (self.state_dir / "up.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*launch, *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._is_ready, timeout_seconds=START_SECONDS, what="the start of the platform")

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"manage.py up ended:\n{(self.state_dir / 'up.log').read_text()[-4000:]}")
        return bool(self.status().get("ready"))

    def status(self) -> dict[str, object]:
        try:
            status: dict[str, object] = json.loads(self.state_dir.joinpath("run", "up.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return status

    @property
    def address(self) -> str:
        return str(self.status()["address"])

    def pid(self, part: str) -> int:
        """Waits until the part lives (it may be between death and restart)."""
        return wait_for(lambda: self._pids().get(part, 0), what=f"a living {part}")

    def _pids(self) -> dict[str, int]:
        children = self.status().get("children", {})
        assert isinstance(children, dict)
        return children

    def kill(self, part: str) -> None:
        """SIGKILL to the part and everything in its process group; the supervisor starts it again."""
        os.killpg(self.pid(part), signal.SIGKILL)

    def kill_everything(self) -> None:
        """SIGKILL to the supervisor and to every part, at once. Nothing is started again until `start`."""
        assert self._process is not None
        pids = self._pids()
        self._process.kill()
        for pid in pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self._process.wait()
        # Valkey gets its signal a moment after its parent died; the next start adopts or clears what still lives.

    def flush_valkey(self) -> None:
        """Deletes everything in Valkey: queued wake-up calls, bindings, caches."""
        with redis.Redis(unix_socket_path=str(self.state_dir / "run" / "valkey.sock")) as client:
            client.flushall()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def log(self, part: str) -> str:
        return (self.state_dir / "log" / f"{part}.log").read_text(errors="replace")
