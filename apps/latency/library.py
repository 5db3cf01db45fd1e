"""Where the engine finds latency tables: by id, those that are ready."""

from __future__ import annotations

from functools import lru_cache

from apps.latency.models import LatencyState, LatencyTable
from nas.core.errors import UnknownName
from nas.hardware.latency_table import LatencyTable as EngineTable


def load_latency(reference: str) -> EngineTable:
    """The table whose id is `reference`. Who may use it was asked before (`apps.runs.references`). Raises UnknownName."""
    is_id = reference.isascii() and reference.isdigit() and len(reference) < 19
    ready = LatencyTable.objects.filter(pk=int(reference) if is_id else 0, state=LatencyState.READY)
    found = ready.values_list("pk", "digest").first()
    if found is None:
        raise UnknownName(f"there is no latency table {reference!r:.60}; choose one from the list")
    return _read(*found)


@lru_cache(maxsize=16)
def _read(pk: int, digest: str) -> EngineTable:
    """`digest` makes the content that was read the content that is there."""
    return EngineTable.from_json(LatencyTable.objects.values_list("content", flat=True).get(pk=pk, digest=digest))
