"""One `up` per state folder: a lock that the kernel releases, and a file that says who holds it and where it serves."""

import fcntl
import json
from io import TextIOWrapper
from pathlib import Path
from typing import Any


class AlreadyRunning(Exception):
    """Another process holds the state folder; `status` is what it wrote about itself, perhaps nothing yet."""

    def __init__(self, status: dict[str, Any]) -> None:
        super().__init__("the state folder is in use")
        self.status = status


class StateLock:
    """Held from `acquire` to `release` or to the death of this process, however it dies."""

    def __init__(self, run_dir: Path) -> None:
        self.status_path = run_dir / "up.json"
        self._lock_path = run_dir / "up.lock"
        self._file: TextIOWrapper | None = None

    def acquire(self) -> None:
        """Takes the lock. Raises AlreadyRunning."""
        file = self._lock_path.open("a", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(self.read_status()) from None
        self._file = file
        self.status_path.unlink(missing_ok=True)

    def read_status(self) -> dict[str, Any]:
        """Returns what the holder wrote last; empty while it has written nothing."""
        try:
            status: dict[str, Any] = json.loads(self.status_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return status

    def write_status(self, status: dict[str, Any]) -> None:
        """Replaces the status in one step, so that a reader never sees half of it."""
        draft = self.status_path.with_suffix(".draft")
        draft.write_text(json.dumps(status, indent=1) + "\n", encoding="utf-8")
        draft.replace(self.status_path)

    def release(self) -> None:
        if self._file is not None:
            self.status_path.unlink(missing_ok=True)
            self._file.close()
            self._file = None
