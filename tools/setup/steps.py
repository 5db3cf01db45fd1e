"""Steps of the set-up: told in plain words, timed, and skipped when nothing changed."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"


class SetupError(Exception):
    """A step failed for a reason that a person must remove; the text says what to do."""


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """Returns a hash of the contents and names of `files` and of the texts in `extra`."""
    digest = hashlib.sha256()
    for text in extra:
        digest.update(text.encode() + b"\0")
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


class Steps:
    """Prints one line per step and remembers in `.venv/stamps` what each was made from."""

    def __init__(self) -> None:
        self._started_at = time.monotonic()
        self._num_done = 0

    def is_current(self, name: str, made_from: str) -> bool:
        stamp = STAMPS / name
        return stamp.exists() and stamp.read_text(encoding="ascii") == made_from

    def remember(self, name: str, made_from: str) -> None:
        STAMPS.mkdir(parents=True, exist_ok=True)
        (STAMPS / name).write_text(made_from, encoding="ascii")

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._started_at:5.1f} s] {text}", flush=True)

    def run(
        self,
        text: str,
        command: Sequence[str | Path],
        *,
        cwd: Path = ROOT,
        environment: Mapping[str, str] | None = None,
        show_output: bool = False,
    ) -> None:
        """Says `text` and runs the command. Raises SetupError with the end of its output when it fails."""
        self._num_done += 1
        self.say(f"{text} …")
        words = [str(word) for word in command]
        result = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=None if show_output else subprocess.PIPE,
            stderr=None if show_output else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            tail = "\n".join((result.stdout or "").splitlines()[-30:])
            raise SetupError(f"`{' '.join(words)}` failed with status {result.returncode}.\n{tail}")

    def finish(self) -> None:
        self.say("Everything is prepared." if self._num_done else "Everything was prepared already.")
        sys.stdout.flush()
