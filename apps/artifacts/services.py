"""Storing immutable files by their content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.db.models import ManyToOneRel

from apps.artifacts.models import Artifact

KEEP_UNREFERENCED = timedelta(hours=24)


def artifact_store(*, content: bytes | Path, kind: str) -> Artifact:
    """Keep a file; the same content is kept once. The file is whole on disk before its row exists."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), content.stat().st_size
    else:
        digest, size = hashlib.sha256(content).hexdigest(), len(content)
    name = storage_name(digest)
    storage = storages["artifacts"]
    if not (storage.exists(name) and storage.size(name) == size):
        _write(storage, name, content)
    artifact, _ = Artifact.objects.get_or_create(sha256=digest, defaults={"size_bytes": size, "kind": kind})
    return artifact


def storage_name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _write(storage: Storage, name: str, content: bytes | Path) -> None:
    try:
        target = Path(storage.path(name))
    except NotImplementedError:  # remote storage: its upload is atomic by itself
        with content.open("rb") if isinstance(content, Path) else ContentFile(content) as file:
            storage.save(name, File(file))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            if isinstance(content, Path):
                with content.open("rb") as source:
                    while block := source.read(1 << 20):
                        out.write(block)
            else:
                out.write(content)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def artifacts_sweep(*, now: datetime) -> int:
    """Delete files that nothing refers to any more and that are older than a day; returns how many."""
    unused = Artifact.objects.filter(created_at__lt=now - KEEP_UNREFERENCED)
    for relation in Artifact._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            column = relation.field.name
            owners = relation.related_model._default_manager.filter(**{f"{column}__isnull": False})
            unused = unused.exclude(pk__in=owners.values(column))
    removed = 0
    for artifact in unused[:1000]:
        sha256 = artifact.sha256
        artifact.delete()
        storages["artifacts"].delete(storage_name(sha256))
        removed += 1
    return removed
