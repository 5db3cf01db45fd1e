"""How many processor cores this process may use."""

import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")
MOST_CPU_WORKERS = 4


def parse_cgroup_limit(text: str) -> float | None:
    """Returns the cores that a line of `cpu.max` ("200000 100000" or "max 100000") allows; None without a limit."""
    quota, _, period = text.strip().partition(" ")
    if quota == "max" or not period:
        return None
    return int(quota) / int(period)


def usable_cores() -> int:
    """Returns the cores left by processor affinity and by the limit of a container, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit = parse_cgroup_limit(CGROUP_LIMIT.read_text(encoding="ascii"))
    except (OSError, ValueError):
        limit = None
    return max(1, min(cores, int(limit)) if limit is not None else cores)


def default_cpu_workers(*, num_cores: int, num_gpus: int) -> int:
    """Returns how many CPU workers to start: none beside GPU workers, else one core is left for everything else."""
    return 0 if num_gpus else max(1, min(MOST_CPU_WORKERS, num_cores - 1))
