"""Studies: closer looks at one architecture that a search found, carried out by a worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.runs.models import Run, Trial
from apps.workers.models import Leased


class StudyState(models.TextChoices):
    QUEUED = "queued", _("Waits for a worker")
    WORKING = "working", _("Under way")
    READY = "ready", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Study(Leased):
    """One study of one trial's architecture. Who may see the run may see it.

    `known` is what nas.core.study.StudyProgress.known says: while it is under way, what there is so far, to go on from.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="studies")
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="studies")
    kind = models.CharField(max_length=60)  # its name in nas.registry.studies
    version = models.IntegerField()  # of that study, when `known` was found
    config = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=StudyState.choices, default=StudyState.QUEUED)
    stage = models.CharField(max_length=200, blank=True)  # what is worked on, in the study's own words
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    known = models.JSONField(default=dict)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField()  # since when it waits: asked for, or told to go on
    started_at = models.DateTimeField(null=True)  # when the worker that has it, or had it last, began

    class Meta:
        indexes = (
            # Those that the sweep looks after, and the question whether anybody waits.
            models.Index(fields=["state"], name="studies_under_way", condition=Q(state__in=["queued", "working"])),
        )
        constraints = (models.CheckConstraint(condition=Q(state__in=StudyState.values), name="study_state_is_known"),)

    def __str__(self) -> str:
        return f"{self.kind} of trial {self.trial_id}"

    @property
    def percent(self) -> int:
        return round(100 * min(self.done, self.total) / self.total) if self.total else 0
