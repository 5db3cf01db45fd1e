"""Reading artifacts."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages

from apps.artifacts.models import Artifact
from apps.artifacts.services import storage_name


def artifact_bytes(artifact: Artifact) -> bytes:
    with storages["artifacts"].open(storage_name(artifact.sha256)) as file:
        content: bytes = file.read()
    return content


def artifact_path(artifact: Artifact) -> Path:
    """A local path to read (or memory-map) the file from; a remote file is copied to this machine's cache once."""
    storage, name = storages["artifacts"], storage_name(artifact.sha256)
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        local = Path(settings.STATE_DIR) / "artifact-cache" / name
        if not local.exists():
            local.parent.mkdir(parents=True, exist_ok=True)
            part = local.with_suffix(".part")
            part.write_bytes(artifact_bytes(artifact))
            part.replace(local)
        return local
