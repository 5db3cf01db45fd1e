"""What a worker keeps warm between jobs: loaded data, supernets, compiled graphs."""

from __future__ import annotations

import resource
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class WarmCache:
    """Least recently used goes first, once the process holds more memory than `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def __iter__(self) -> Iterator[str]:
        """The keys, the least recently used first."""
        return iter(self._kept)

    def get(self, key: str, make: Callable[[], T]) -> T:
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            while self._kept and _resident_bytes() > self._limit:
                self._kept.popitem(last=False)
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
