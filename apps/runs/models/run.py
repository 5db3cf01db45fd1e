"""One search, started by a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import TeamOwned
from apps.runs.states import RunState


class DeviceChoice(models.TextChoices):
    ANY = "any", _("Any device")
    CPU = "cpu", _("CPU")
    GPU = "gpu", _("GPU")


class Run(TeamOwned):
    """What was asked for (immutable after the start) and where it stands.

    The JSON columns are written and read through apps.runs.specification.RunSpecification, never by hand.
    """

    name = models.CharField(_("name"), max_length=300)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.QUEUED)
    end_reason = models.TextField(blank=True)
    specification = models.JSONField()
    record = models.JSONField(default=dict)  # versions, devices, data fingerprint: what it takes to repeat the run
    space_name = models.CharField(max_length=60)
    problem_name = models.CharField(max_length=60)
    strategy_name = models.CharField(max_length=60)
    estimator_name = models.CharField(max_length=60)
    dataset = models.ForeignKey("datasets.DataSet", on_delete=models.SET_NULL, null=True, related_name="runs")
    table = models.ForeignKey("datasets.BenchmarkTable", on_delete=models.SET_NULL, null=True, related_name="runs")
    supernet = models.ForeignKey(  # the weights that its estimator scores with
        "artifacts.Artifact", on_delete=models.PROTECT, null=True, related_name="+"
    )
    seed = models.BigIntegerField()
    device = models.CharField(max_length=4, choices=DeviceChoice.choices, default=DeviceChoice.ANY)
    reference_point = models.JSONField(default=list)  # raw units, one per objective; fixed when the run is created
    is_simulated = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_seconds = models.FloatField(default=0.0)

    class Meta:
        indexes = (
            models.Index(fields=["team", "-created_at"], name="run_list_of_a_team"),
            models.Index(fields=["state"], name="run_sweep_by_state"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_is_known"),
        )

    def __str__(self) -> str:
        return self.name
