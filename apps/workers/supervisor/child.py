"""One supervised process: start, end, and when to start it again."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from apps.workers.supervisor.child_spec import ChildSpec

LAUNCHER = Path(__file__).with_name("launch.py")
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 10.0
HEALTHY_SECONDS = 5.0  # who lived this long did not die of its own start

# The `celery` command reads these and would silently override the settings file.
FOREIGN_CELERY_VARIABLES = ("APP", "BROKER_URL", "RESULT_BACKEND", "LOADER", "CONFIG_MODULE", "SKIP_CHECKS")


def restart_delay(*, num_quick_deaths: int) -> float:
    """Returns the seconds to wait before the next start: 0.1 s at first, doubled for each death soon after a start."""
    return min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** max(0, num_quick_deaths - 1))


class Child:
    """Keeps one process and what is known of its starts. Times are readings of one monotonic clock, in seconds."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.num_starts = 0
        self.num_quick_deaths = 0
        self.started_at: float | None = None
        self.restart_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def output(self) -> BinaryIO:
        """What the process prints, stdout and stderr in one stream."""
        if self._process is None or self._process.stdout is None:
            raise RuntimeError(f"{self.spec.name} has not been started")
        return self._process.stdout  # type: ignore[return-value]  # a pipe opened in binary mode

    def start(self, *, now: float) -> None:
        """Starts the process in a process group of its own, so that Ctrl-C on the terminal reaches the supervisor alone."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in FOREIGN_CELERY_VARIABLES and not name.startswith("CELERY_")
        }
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(LAUNCHER), str(int(self.spec.death_signal)), str(os.getpid())),
                *self.spec.argv,
            ],
            env=environment | dict(self.spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.spec.pass_fds,
            start_new_session=True,
        )
        os.set_blocking(self.output.fileno(), False)
        self.num_starts += 1
        self.started_at = now
        self.restart_at = None

    def reap(self, *, now: float) -> int | None:
        """Returns the exit status of a process that ended since the last call (-9 for SIGKILL), else None.

        Whatever it left in its process group is killed first, while its id cannot yet belong to anyone else.
        """
        if self._process is None:
            return None
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._signal_group(signal.SIGKILL)
        status = self._process.wait()
        self._process = None
        lived = now - self.started_at if self.started_at is not None else 0.0
        self.num_quick_deaths = 1 if lived >= HEALTHY_SECONDS else self.num_quick_deaths + 1
        self.restart_at = now + restart_delay(num_quick_deaths=self.num_quick_deaths)
        return status

    def ask_to_stop(self) -> None:
        """Sends SIGTERM to the process itself; its children are its own business."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kills the process and everything in its group."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            # PermissionError is macOS's answer for a group that holds only a zombie.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
