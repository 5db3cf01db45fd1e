"""Where strategies and estimators find latency tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from nas.hardware.latency_table import LatencyTable


class LatencyLibrary(Protocol):
    """Latency tables by reference: an id on the platform, a file on the command line."""

    def load_latency(self, reference: str) -> LatencyTable:
        """Raises UnknownName when there is no such table, InvalidData when it cannot be read."""
        ...
