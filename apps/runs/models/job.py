"""What a worker gets, and its tries at it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.runs.states import AttemptOutcome, JobState
from apps.workers.models import Worker


class Job(models.Model):
    """One or more proposals packed together. Claimed by conditional UPDATE; every write of its worker is fenced by `fence`."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="jobs")
    replica = models.ForeignKey("runs.Replica", on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=4)  # "cpu", "gpu", "any"
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    priority = models.IntegerField(default=0)  # smaller first
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    num_lost = models.IntegerField(default=0)  # attempts that lost their worker since the job last committed anything
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["priority", "id"], name="jobs_to_claim", condition=Q(state="queued")),
            models.Index(fields=["lease_until"], name="leases_to_sweep", condition=Q(state="running")),
        )
        constraints = (models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_is_known"),)


class Attempt(models.Model):
    """One worker's try at a job, under the lease with this fence."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    worker = models.ForeignKey(Worker, on_delete=models.SET_NULL, null=True, related_name="attempts")
    fence = models.BigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=AttemptOutcome.choices, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["job", "fence"], name="one_attempt_per_fence"),)
