"""Pictures kept in the memory of one process: an architecture never changes, so its picture is drawn once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

MOST_BYTES = 32 * 2**20


class DrawingCache:
    """The pictures asked for last, as many as fit. Safe for threads; two that miss at once both draw."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[str, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, draw: Callable[[], str]) -> str:
        """The picture kept under `key`, else what `draw` makes. One larger than all room is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        picture = draw()
        size = len(picture.encode())
        with self._lock:
            if size <= self._most_bytes and key not in self._kept:
                self._kept[key] = picture, size
                self._bytes += size
            while self._bytes > self._most_bytes:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._bytes -= dropped
        return picture

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)


DRAWINGS = DrawingCache()
