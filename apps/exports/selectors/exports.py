"""What was exported and is being exported."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from apps.accounts.access import AnyUser, export_visible
from apps.architectures.models import Architecture
from apps.exports.models import ArchitectureExport, ExportState
from apps.workers.models import LEASED_OPEN

MOST_SHOWN = 20


def exports_of(architecture: Architecture, user: AnyUser) -> QuerySet[ArchitectureExport]:
    """Those that `user` may see, the newest first."""
    found = export_visible(ArchitectureExport.objects.filter(architecture=architecture), user)
    return (
        found.select_related("architecture", "trial__run", "trial__replica")
        .prefetch_related("files__artifact")
        .order_by("-pk")
    )


def exports_shown(architecture: Architecture, user: AnyUser) -> Sequence[ArchitectureExport]:
    return list(exports_of(architecture, user)[:MOST_SHOWN])


def exports_waiting() -> bool:
    """Is anybody waiting for an export to be begun?"""
    return ArchitectureExport.objects.filter(state=ExportState.QUEUED).exists()


def open_exports_of(user: AnyUser) -> int:
    return ArchitectureExport.objects.filter(requested_by_id=user.pk, state__in=LEASED_OPEN).count()
