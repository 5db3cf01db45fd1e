"""Latency tables of teams: imported, or measured by a worker on its device."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import TeamOwned
from apps.runs.models import Run
from apps.workers.models import Leased


class LatencyState(models.TextChoices):
    QUEUED = "queued", _("Waits for its device")
    WORKING = "working", _("Being measured")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class LatencyTable(Leased, TeamOwned):
    """`content` is nas.hardware.latency_table.LatencyTable as JSON; while it is measured, what there is so far.

    A table that is ready never changes.
    """

    name = models.CharField(_("name"), max_length=300)
    state = models.CharField(max_length=10, choices=LatencyState.choices, default=LatencyState.QUEUED)
    is_imported = models.BooleanField(default=False)
    # What is to be measured; empty for an import.
    space_name = models.CharField(max_length=60, blank=True)
    space_config = models.JSONField(default=dict)
    input_shape = models.JSONField(default=list)
    num_classes = models.IntegerField(null=True)
    settings = models.JSONField(default=dict)  # nas.hardware.measure_table.MeasureConfig
    # Whose device: every worker of that host with a device of that name may take it.
    queue = models.CharField(max_length=20, blank=True)
    host = models.CharField(max_length=200, blank=True)
    device_name = models.CharField(max_length=400)
    stage = models.CharField(max_length=10, blank=True)  # nas.hardware.measure_table.Stage
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    content = models.JSONField(null=True)
    num_rows = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the content, once it is ready
    asked_at = models.DateTimeField()
    runs = models.ManyToManyField(Run, blank=True, related_name="latency_tables")  # those that read it

    class Meta:
        indexes = (
            # Those that the sweep looks after, and the question whether anybody waits.
            models.Index(fields=["state"], name="latency_under_way", condition=Q(state__in=["queued", "working"])),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=LatencyState.values), name="latency_state_is_known"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def shape_text(self) -> str:
        return " × ".join(map(str, self.input_shape))
