"""Uploaded files on the way to their check: shared storage first, so that a worker on another machine can read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.artifacts.models import Artifact
from apps.artifacts.selectors import artifact_path
from apps.artifacts.services import artifact_store
from apps.datasets.errors import UploadRefused

LONGEST_NAME = 300
MAX_FILES = 8  # CIFAR-10 has five training batches, a test batch and the names of its classes


def raw_files_store(files: Mapping[str, UploadedFile[Any]]) -> tuple[list[dict[str, Any]], list[Artifact]]:
    """Keep what came: (name, size, sha256) of each file, and the artifacts. Raises UploadRefused."""
    if not files:
        raise UploadRefused("files", _("Choose the files to upload."))
    if len(files) > MAX_FILES:
        raise UploadRefused("files", _("At most %(limit)d files make one upload.") % {"limit": MAX_FILES})
    total = sum(file.size or 0 for file in files.values())
    limit = settings.NASWEB_UPLOAD_LIMIT_BYTES
    if total > limit:
        raise UploadRefused(
            "files",
            _("The files have %(size)s together; at most %(limit)s are accepted. Upload a part of the data.")
            % {"size": filesizeformat(total), "limit": filesizeformat(limit)},
        )
    described, artifacts = [], []
    for name, file in files.items():
        content: bytes | Path = (
            Path(file.temporary_file_path()) if isinstance(file, TemporaryUploadedFile) else file.read()
        )
        artifact = artifact_store(content=content, kind="upload")
        described.append({"name": name[:LONGEST_NAME], "size_bytes": artifact.size_bytes, "sha256": artifact.sha256})
        artifacts.append(artifact)
    return described, artifacts


def raw_paths(files: Sequence[Mapping[str, Any]], artifacts: Sequence[Artifact]) -> dict[str, Path]:
    """What a person calls each file → where it lies on this machine."""
    by_sha256 = {artifact.sha256: artifact for artifact in artifacts}
    return {file["name"]: artifact_path(by_sha256[file["sha256"]]) for file in files}


def checked_name(name: str) -> str:
    """The name without surrounding space. Raises UploadRefused when it is empty, too long or no text."""
    name = name.strip()
    if not name:
        raise UploadRefused("name", _("Give it a name."))
    if "\x00" in name:
        raise UploadRefused("name", _("A name cannot contain the NUL character."))
    if len(name) > LONGEST_NAME:
        raise UploadRefused(
            "name",
            _("A name has at most %(limit)d characters; this one has %(length)d.")
            % {"limit": LONGEST_NAME, "length": len(name)},
        )
    return name
