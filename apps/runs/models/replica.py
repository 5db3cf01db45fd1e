"""One seed of a run, or of its random-search baseline: its strategy's steps, proposals, snapshots."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.artifacts.models import Artifact
from nas.core.result import Result


class Replica(models.Model):
    """`version` counts advances and is moved by conditional UPDATE only: of two who advance at once, one wins."""

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="replicas")
    number = models.IntegerField()
    is_baseline = models.BooleanField(default=False)  # random search beside the run's own strategy
    version = models.BigIntegerField(default=0)
    num_asked = models.BigIntegerField(default=0)  # proposals so far = the id of the next one
    num_retried = models.BigIntegerField(default=0)  # of those, asked for by a person on top of the budget
    num_told = models.BigIntegerField(default=0)
    num_failed = models.BigIntegerField(default=0)
    num_trials = models.BigIntegerField(default=0)  # trial numbers handed out
    num_found = models.BigIntegerField(default=0)  # of those, architectures that a supernet or island job reported
    best = models.FloatField(null=True)  # of the first objective, feasible trials
    hypervolume = models.FloatField(null=True)
    spent_seconds = models.FloatField(
        default=0.0
    )  # on a device, of all that was told: trials, and what found or trains them
    findings = models.JSONField(default=list)  # apps.live.events.FindingRow, what the strategy noticed, in order
    is_done = models.BooleanField(default=False)  # the strategy has nothing more to propose, or the budget is spent
    steering = models.JSONField(default=dict)  # apps.runs.steering.Steering, as of `version`

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="replica_number_is_unique_in_its_run"),)

    @property
    def num_evaluations(self) -> int:
        """Evaluations that count for the budget: neither asked for on top of it, nor found along the way by another job."""
        return self.num_trials - self.num_retried - self.num_found


class Advance(models.Model):
    """One step of a replica, with everything that replays it: what people changed, what was told in which order, how many asked.

    After each result the freed places are asked for before the next result is told. So what a strategy knew when it
    proposed does not depend on how many results happened to wait, and a run on one worker repeats bit for bit.
    """

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="advances")
    number = models.BigIntegerField()  # from 1; equals the replica's version after it
    interventions = models.JSONField(default=list)  # applied before the steps
    steps = models.JSONField()  # [[proposal told or null, what ask() was called with or 0, how many it returned], …]
    stop_decisions = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["replica", "number"], name="advance_number_is_unique_in_its_replica"),
        )


class Snapshot(models.Model):
    """A strategy's state after an advance. The last two are kept."""

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="snapshots")
    advance_number = models.BigIntegerField()
    state_version = models.IntegerField()
    data = models.JSONField()
    tensors = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    engine_version = models.CharField(max_length=40)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["replica", "advance_number"], name="one_snapshot_per_advance"),)


class Intervention(models.Model):
    """A change a person asked for while the run was going; applied by the next advance."""

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="interventions")
    body = models.JSONField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_in = models.BigIntegerField(null=True)
    told_before = models.BigIntegerField(null=True)  # trials the strategy had learned of when it was applied

    class Meta:
        indexes = (
            models.Index(fields=["replica"], name="interventions_to_apply", condition=Q(applied_in__isnull=True)),
        )


class Proposal(models.Model):
    """What the strategy wants done, the job that does it, and how it ended. `result` is set once and never changed."""

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="proposals")
    number = models.BigIntegerField()
    body = models.JSONField()
    job = models.ForeignKey("runs.Job", on_delete=models.SET_NULL, null=True, related_name="proposals")
    checkpoint = models.ForeignKey(Artifact, on_delete=models.PROTECT, null=True, related_name="+")
    progress = models.JSONField(
        null=True
    )  # the last point that work without a trial of its own reported, metrics by name
    result = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)
    told_in = models.BigIntegerField(null=True)  # the advance that told it
    reuse_key = models.CharField(max_length=64, default="")  # equal where one result serves all; "": nobody

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["replica", "number"], name="proposal_number_is_unique_in_its_replica"),
            models.CheckConstraint(
                condition=Q(result__isnull=True, finished_at__isnull=True)
                | Q(result__isnull=False, finished_at__isnull=False),
                name="a_finished_proposal_has_a_result",
            ),
        )
        indexes = (
            models.Index(
                F("replica"), F("finished_at"), name="results_to_tell", condition=Q(told_in__isnull=True)
            ),  # run_advance: what is finished but not told, and how many are in flight
            models.Index(
                fields=["reuse_key"], name="results_to_reuse", condition=~Q(reuse_key="")
            ),  # run_advance, the form: results that are known already
        )

    def outcome(self) -> Result:
        """Its result as the engine knows it. Raises ValueError while there is none."""
        if self.result is None:
            raise ValueError(f"proposal {self.number} has no result yet")
        return Result.from_json(self.result)


class ReplicaView(models.Model):
    """The latest of each picture that a strategy shows of its inside."""

    replica = models.ForeignKey(Replica, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    data = models.JSONField()
    advance_number = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["replica", "name"], name="one_view_per_name"),)
