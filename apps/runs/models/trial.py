"""One evaluation of one architecture in one run."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.architectures.models import Architecture
from apps.runs.states import TrialState
from apps.workers.models import Worker


class Trial(models.Model):
    """A row of the trial table. `value_0 … value_2` are the run's objectives in their order, in the metric's own unit.

    `told_order` (from 0 in its replica) is the order in which the strategy learned of it; hypervolume, best and spent are those of the
    replica after that step, so the curves are columns of this table.
    """

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="trials")
    replica = models.ForeignKey("runs.Replica", on_delete=models.CASCADE, related_name="trials")
    number = models.BigIntegerField()
    proposal = models.ForeignKey("runs.Proposal", on_delete=models.CASCADE, related_name="trials")
    serial = models.IntegerField(default=0)  # of several architectures that one proposal reported
    architecture = models.ForeignKey(Architecture, on_delete=models.PROTECT, related_name="trials")
    operator = models.CharField(max_length=60)
    state = models.CharField(max_length=14, choices=TrialState.choices, default=TrialState.QUEUED)
    value_0 = models.FloatField(null=True)
    value_1 = models.FloatField(null=True)
    value_2 = models.FloatField(null=True)
    metrics = models.JSONField(default=dict)
    is_feasible = models.BooleanField(default=True)  # keeps the constraints, as far as measured
    on_front = models.BooleanField(default=False)
    told_order = models.BigIntegerField(null=True)
    hypervolume = models.FloatField(null=True)
    best = models.FloatField(null=True)
    spent_seconds = models.FloatField(null=True)  # device seconds of what the replica was told of, up to this trial
    reason = models.TextField(blank=True)
    detail = models.TextField(blank=True)  # traceback of a crash
    cost_seconds = models.FloatField(default=0.0)
    steps_done = models.IntegerField(default=0)
    is_simulated = models.BooleanField(default=False)
    worker = models.ForeignKey(Worker, on_delete=models.SET_NULL, null=True, related_name="trials")
    reused_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="reused_by")
    reused_seconds = models.FloatField(null=True)  # what a reused result cost where it was measured
    report_job = models.ForeignKey("runs.Job", on_delete=models.SET_NULL, null=True, related_name="reported_trials")
    report_result = models.JSONField(null=True)  # the test metrics of a reported architecture, or why there are none
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["replica", "number"], name="trial_number_is_unique_in_its_replica"),
            models.UniqueConstraint(fields=["proposal", "serial"], name="one_trial_per_proposal_and_serial"),
            models.CheckConstraint(condition=Q(state__in=TrialState.values), name="trial_state_is_known"),
        )
        indexes = (
            models.Index(fields=["run", "number"], name="trial_table_by_number"),
            models.Index(fields=["run", "value_0"], name="trial_table_by_first_objective"),
            models.Index(fields=["run"], name="front_of_a_run", condition=Q(on_front=True)),
            models.Index(fields=["run", "state"], name="trial_table_by_state"),
        )


class CurvePoint(models.Model):
    """A point of a trial's learning curve; null stands for NaN or infinity."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="curve")
    step = models.IntegerField()
    metrics = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["trial", "step"], name="one_curve_point_per_step"),)
