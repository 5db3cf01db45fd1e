"""Exports of architectures: what was asked for, who works on it, the files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.architectures.models import Architecture
from apps.artifacts.models import Artifact
from apps.runs.models import Trial
from apps.workers.models import Leased


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Waits for a worker")
    WORKING = "working", _("Being written")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


class ExportStage(models.TextChoices):
    """What a worker is at."""

    BUILDING = "building", _("the network is being built")
    CHECKING = "checking", _("the file is being checked in a process of its own")
    ONNX = "onnx", _("ONNX is being written and checked")
    STORING = "storing", _("the files are being stored")


class ArchitectureExport(Leased):
    """One distinct export, shared by all who ask for it."""

    identity = models.CharField(max_length=64, unique=True)  # SHA-256 of everything that makes it what it is
    architecture = models.ForeignKey(Architecture, on_delete=models.CASCADE, related_name="exports")
    formats = models.JSONField()  # some of nas.export.request.FORMATS, sorted
    input_shape = models.JSONField()
    num_classes = models.IntegerField()
    seed = models.BigIntegerField()  # of the initial weights
    # The trial whose trained weights the files hold: who may not see it, may not see them. None for initial weights.
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, null=True, related_name="exports")
    checkpoint = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    stage = models.CharField(max_length=10, choices=ExportStage.choices, blank=True)
    checks = models.JSONField(default=dict)  # format → what its check found
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField()  # last asked for or fetched

    class Meta:
        indexes = (
            # Those that the sweep looks after, and the question whether anybody waits.
            models.Index(fields=["state"], name="exports_under_way", condition=Q(state__in=["queued", "working"])),
        )
        constraints = (models.CheckConstraint(condition=Q(state__in=ExportState.values), name="export_state_is_known"),)

    def __str__(self) -> str:
        return f"{', '.join(self.formats)} of {self.architecture_id}"

    @property
    def is_trained(self) -> bool:
        return self.checkpoint_id is not None


class ExportFile(models.Model):
    """A finished file."""

    export = models.ForeignKey(ArchitectureExport, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10)  # "source", "weights", "onnx"
    name = models.CharField(max_length=120)
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["export", "kind"], name="one_file_of_a_kind_per_export"),)
