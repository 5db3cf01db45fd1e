"""Named points at which tests of crashes hold a process, so that it can be killed exactly there.

Without NASWEB_FAULT_DIR a point costs one comparison. With it, each passing appends "<unix time> <pid> <point>" to the file
`log` in that folder. While the folder has a file `hold` with the text "<point> <n>", the process whose passing is the n-th of
that point in the log writes its pid to `held` and waits until `hold` is gone, or until it is killed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_FOLDER = os.environ.get("NASWEB_FAULT_DIR", "")


def fault_point(name: str) -> None:
    if _FOLDER:
        _pass(Path(_FOLDER), name)


def _pass(folder: Path, name: str) -> None:
    import fcntl

    log, hold = folder / "log", folder / "hold"
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed, also by death
        with log.open("a") as file:
            file.write(f"{time.time():.6f} {os.getpid()} {name}\n")
        passings = log.read_text().count(f" {name}\n")
        if not hold.exists() or hold.read_text() != f"{name} {passings}":
            return
        (folder / "held").write_text(str(os.getpid()))
    while hold.exists():
        time.sleep(0.01)
