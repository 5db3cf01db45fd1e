"""Sending finished files: as a download, piece by piece, under a name that is ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import StreamingHttpResponse
from django.utils.cache import patch_cache_control

from apps.artifacts.selectors import artifact_path
from apps.exports.models import ExportFile

CHUNK_BYTES = 1 << 18


def file_response(file: ExportFile) -> StreamingHttpResponse:
    """Never shown by the browser: an attachment of no type that it could run. Names are made of a space's name and a key."""
    response = StreamingHttpResponse(_chunks(artifact_path(file.artifact)), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Content-Length"] = str(file.artifact.size_bytes)
    response["Content-Encoding"] = "identity"  # weights do not compress, and the length shows how far a download is
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    return response


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
