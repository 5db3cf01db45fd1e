"""One finished file."""

from __future__ import annotations

from django.http import Http404

from apps.exports.models import ArchitectureExport, ExportFile


def export_file_get(export: ArchitectureExport, kind: str) -> ExportFile:
    """Raises Http404 when there is no such file, or not yet."""
    found = export.files.select_related("artifact").filter(kind=kind).first()
    if found is None:
        raise Http404
    return found
