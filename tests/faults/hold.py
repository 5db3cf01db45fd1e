"""Holding a process of the platform at a named point (apps/runs/faults.py), so that a test can kill exactly there."""

from __future__ import annotations

from pathlib import Path

from tests.support.conditions import wait_for

POINTS = (
    "job.claimed",
    "commit.before",
    "commit.before_commit",
    "commit.after",
    "advance.decided",
    "advance.before_commit",
    "advance.stored",
)
"""Between claim, result and commit, in the order in which a trial passes them."""


class Hold:
    """The test's side of `fault_point`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, point: str, nth: int) -> None:
        """Whoever passes `point` for the `nth` time from now on waits there."""
        (self.folder / "held").unlink(missing_ok=True)
        self._write(f"{point} {self.num_passings(point) + nth}")

    def wait(self) -> int:
        """Waits until somebody is held; returns the process."""
        return int(wait_for(self._held, timeout_seconds=60, what="a process at the point"))

    def release(self) -> None:
        (self.folder / "hold").unlink(missing_ok=True)

    def num_passings(self, point: str) -> int:
        log = self.folder / "log"
        return log.read_text().count(f" {point}\n") if log.exists() else 0

    def _held(self) -> str:
        held = self.folder / "held"
        return held.read_text() if held.exists() else ""

    def _write(self, text: str) -> None:
        draft = self.folder / "hold.draft"
        draft.write_text(text)
        draft.replace(self.folder / "hold")
