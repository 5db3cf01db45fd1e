"""Exports whose worker or whose wake-up call got lost, and those that nobody uses any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from apps.exports.models import ArchitectureExport, ExportState
from apps.exports.services.request import export_wake
from apps.exports.services.work import export_lost

PATIENCE = timedelta(seconds=30)
"""An export that waits so long had its call lost, or all workers are busy; a second call does no harm."""

KEPT_UNUSED = timedelta(days=30)


def exports_sweep(*, now: datetime) -> int:
    """Called periodically; returns how many were given back, called for again or deleted."""
    is_lost = Q(lease_until__lt=now) | Q(worker__stopped_at__isnull=False)
    lost = ArchitectureExport.objects.filter(is_lost, state=ExportState.WORKING)[:100]
    given_back = {export.pk for export in lost if export_lost(export=export, now=now)}
    waiting = ArchitectureExport.objects.filter(state=ExportState.QUEUED, used_at__lt=now - PATIENCE)
    for pk in waiting.exclude(pk__in=given_back).order_by("pk").values_list("pk", flat=True)[:100]:
        export_wake(pk)
        given_back.add(pk)
    ended = (ExportState.READY, ExportState.FAILED)
    unused = ArchitectureExport.objects.filter(state__in=ended, used_at__lt=now - KEPT_UNUSED)
    for export in unused[:100]:
        given_back.add(export.pk)
        export.delete()  # the files follow: the artifacts' own sweep finds that nothing refers to them
    return len(given_back)
