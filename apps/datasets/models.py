"""Data sets and benchmark tables that teams uploaded."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import TeamOwned
from apps.artifacts.models import Artifact


class UploadState(models.TextChoices):
    DESCRIBING = "describing", _("Columns to be confirmed")  # benchmark tables only
    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")


class DataSet(TeamOwned):
    """An uploaded data set. `artifact` is its stored form (nas.problems.datasets.stored); `error` says why it was refused."""

    name = models.CharField(_("name"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKING)
    error = models.TextField(blank=True)
    format = models.CharField(max_length=40, blank=True)
    files = models.JSONField(default=list)  # [{"name", "size_bytes", "sha256"}] as uploaded
    raw_files = models.ManyToManyField(Artifact, blank=True, related_name="+")  # until the check has ended
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    preview = models.JSONField(default=dict)  # {"samples": [{"label": 3, "png": base64}]}
    fingerprint = models.CharField(max_length=64, blank=True)
    num_examples = models.BigIntegerField(null=True)
    channels = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    width = models.IntegerField(null=True)
    num_classes = models.IntegerField(null=True)
    class_names = models.JSONField(default=list)
    class_counts = models.JSONField(default=list)
    has_fixed_split = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class BenchmarkTable(TeamOwned):
    """An imported table of trained results; searches on it are simulated."""

    name = models.CharField(_("name"), max_length=300)
    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKING)
    error = models.TextField(blank=True)
    space_name = models.CharField(max_length=60)
    import_settings = models.JSONField(default=dict)  # what the uploader said about the columns
    files = models.JSONField(default=list)  # [{"name", "size_bytes", "sha256"}] as uploaded
    raw_files = models.ManyToManyField(Artifact, blank=True, related_name="+")  # until the check has ended
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    fingerprint = models.CharField(max_length=64, blank=True)
    num_rows = models.BigIntegerField(null=True)
    columns = models.JSONField(default=list)
    source = models.TextField(blank=True)
    licence = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
