"""Immutable files, named by their content."""

from __future__ import annotations

from django.db import models


class Artifact(models.Model):
    """A file in the "artifacts" storage under its SHA-256. Kept while something refers to it; then swept."""

    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.BigIntegerField()
    kind = models.CharField(max_length=40)  # "dataset", "checkpoint", "snapshot", "table", "export", "preview"
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"
