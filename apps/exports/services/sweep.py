"""Exports whose worker or whose wake-up call got lost, and those that nobody uses any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.exports.models import ArchitectureExport, ExportState
from apps.exports.services.work import EXPORTS

KEPT_UNUSED = timedelta(days=30)


def exports_sweep(*, now: datetime) -> int:
    """Called periodically; returns how many were given back, called for again or deleted."""
    seen_to = EXPORTS.sweep(now=now)
    ended = (ExportState.READY, ExportState.FAILED)
    unused = ArchitectureExport.objects.filter(state__in=ended, used_at__lt=now - KEPT_UNUSED)
    for export in unused[:100]:
        seen_to.add(export.pk)
        export.delete()  # the files follow: the artifacts' own sweep finds that nothing refers to them
    return len(seen_to)
