"""Telling whether a process of this machine is alive, and which of two with the same pid it is."""

from __future__ import annotations

import os
from pathlib import Path


def process_started(pid: int) -> str:
    """The kernel's start time of the process in ticks since boot; "" when there is no such process or no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat[stat.rindex(")") + 2 :].split()
    return "" if fields[0] == "Z" else fields[19]


def is_alive(pid: int, started: str) -> bool:
    """Whether the very process that once had this start time still runs. Only to be asked on its own machine."""
    if started:
        return process_started(pid) == started
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
