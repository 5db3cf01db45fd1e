"""Named points at which tests of crashes stop or kill a process. Without NASWEB_FAULT_LOG a point costs one comparison.

NASWEB_FAULT_LOG: a file; each passed point appends "<unix time> <pid> <point>".
NASWEB_FAULT_KILL: "<point>:<n>"; when that file shows the n-th passing of the point, the passing process group member kills
itself and its parent (a worker is two processes) with SIGKILL. Once.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_LOG = os.environ.get("NASWEB_FAULT_LOG", "")
_KILL = os.environ.get("NASWEB_FAULT_KILL", "")


def fault_point(name: str) -> None:
    if _LOG:
        _pass(name)


def _pass(name: str) -> None:
    log = Path(_LOG)
    with log.open("a") as file:
        file.write(f"{time.time():.6f} {os.getpid()} {name}\n")
    point, _, nth = _KILL.partition(":")
    if point != name or log.read_text().count(f" {name}\n") < int(nth or 1):
        return
    try:
        # Exactly one process dies of it: whoever creates this file.
        with Path(f"{_LOG}.{point}.{nth}.killed").open("x") as file:
            file.write(f"{os.getpid()} {os.getppid()}\n")
    except FileExistsError:
        return
    if os.environ.get("NASWEB_FAULT_KILL_PARENT"):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
