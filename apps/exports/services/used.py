"""An export that is used is kept."""

from __future__ import annotations

from datetime import datetime

from apps.exports.models import ArchitectureExport


def export_used(*, export: ArchitectureExport, now: datetime) -> None:
    ArchitectureExport.objects.filter(pk=export.pk).update(used_at=now)
