"""How many jobs of a run this process takes in one go: as many as together last a blink, by what the last ones took."""

from __future__ import annotations

TOGETHER_SECONDS = 0.25
"""So few seconds of work are taken at a time: a worker that comes in the meantime does not wait for them."""
MOST_TOGETHER = 16
REMEMBERED = 0.8
"""A slow job counts for a while: what it took fades to this share with each claim."""


class Pace:
    """Of one run."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    def note(self, seconds: float) -> None:
        """A job took `seconds`, with all that belongs to it."""
        self._seconds = seconds if self._seconds is None else max(seconds, REMEMBERED * self._seconds)

    def jobs_at_once(self) -> int:
        """1 until something is known."""
        if self._seconds is None:
            return 1
        return max(1, min(MOST_TOGETHER, int(TOGETHER_SECONDS / max(self._seconds, 1e-6))))
