"""Files by their content: kept once, kept whole, kept while somebody refers to them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db.models import ManyToOneRel
from django.utils import timezone

from apps.accounts.models import Team
from apps.artifacts.models import Artifact
from apps.artifacts.selectors import artifact_bytes, artifact_path
from apps.artifacts.services import artifact_store, artifacts_sweep, storage_name
from apps.datasets.models import DataSet

LATER = timedelta(days=2)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: object) -> None:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}  # type: ignore[attr-defined]


def test_the_same_content_is_kept_once(db: None, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"content")
    first, second = artifact_store(content=b"content", kind="checkpoint"), artifact_store(content=file, kind="export")
    assert first == second
    assert first.sha256 == hashlib.sha256(b"content").hexdigest()
    assert (artifact_bytes(first), first.size_bytes) == (b"content", 7)


def test_a_file_that_a_crash_left_half_written_is_written_again(db: None) -> None:
    artifact = artifact_store(content=b"content", kind="checkpoint")
    artifact_path(artifact).write_bytes(b"con")
    assert artifact_bytes(artifact_store(content=b"content", kind="checkpoint")) == b"content"


def test_what_nobody_refers_to_goes_after_a_day(db: None, team: Team) -> None:
    used, unused = (artifact_store(content=c, kind="dataset") for c in (b"used", b"unused"))
    DataSet.objects.create(team=team, name="d", artifact=used)
    assert artifacts_sweep(now=timezone.now()) == 0
    assert artifacts_sweep(now=timezone.now() + LATER) == 1
    assert list(Artifact.objects.all()) == [used]
    assert artifact_bytes(used) == b"used"
    assert not storages["artifacts"].exists(storage_name(unused.sha256))


def test_every_reference_protects(db: None) -> None:
    relations = [r for r in Artifact._meta.get_fields(include_hidden=True) if isinstance(r, ManyToOneRel)]
    names = {r.related_model.__name__ for r in relations}
    assert {"DataSet", "BenchmarkTable", "Proposal", "Snapshot"} <= names
