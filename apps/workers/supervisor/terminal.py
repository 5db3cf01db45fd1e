"""Plain lines for the person in front of the terminal."""

import sys
import time
from typing import TextIO

LONGEST_TEXT = 240


class Terminal:
    """Writes one line per event, with the seconds since the start."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._started_at = time.monotonic()

    def step(self, text: str) -> None:
        """Something that was done or goes on."""
        self._write(f"[{time.monotonic() - self._started_at:5.1f} s] {text}")

    def more(self, text: str) -> None:
        """A line that belongs to the one before."""
        self._write(f"          {text}")

    def child_line(self, name: str, text: str) -> None:
        """An important line that a child wrote."""
        shortened = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
        self._write(f"{name:>9} | {shortened}")

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:  # the reader went away (`| head`); the work goes on
            pass
