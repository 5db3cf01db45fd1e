"""What a child prints goes to a file of bounded size; lines that matter also go to the terminal."""

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 5_000_000
BACKUPS = 3
IMPORTANT = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b")
LONGEST_LINE_BYTES = 65_536


class ChildLog:
    """Collects the output of one child in `path`, across its restarts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Writes the complete lines of `data` and keeps the rest for later; returns the lines a person should see at once."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        texts = [line.decode("utf-8", errors="replace").rstrip("\r") for line in lines]
        for text in texts:
            self._handler.emit(logging.makeLogRecord({"msg": text, "levelno": logging.INFO}))
        return [text for text in texts if IMPORTANT.search(text)]

    def note(self, text: str) -> None:
        """Writes a line of the supervisor's own between those of the child."""
        self.feed(b"\n" if self._rest else b"")
        self._handler.emit(logging.makeLogRecord({"msg": f"--- {text}", "levelno": logging.INFO}))

    def tail(self, num_lines: int) -> list[str]:
        """Returns the last lines of the current file."""
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines()[-num_lines:]

    def close(self) -> None:
        self._handler.close()
