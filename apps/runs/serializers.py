"""Runs as the API says them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from rest_framework import serializers

from apps.accounts.api_team import TEAM_HELP
from apps.accounts.owned_serializer import OWNED_FIELDS, OwnedOut
from apps.runs.models import Replica, Run
from apps.runs.selectors.lists import STATE_GROUPS
from apps.runs.specification import RunSpecification
from apps.runs.states import RunState


class RunIn(BaseModel):
    """A new run. Objectives and constraints may be texts: "accuracy:maximise", "params<=200000"."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=300)
    team: int | None = Field(None, ge=1, description=TEAM_HELP)
    specification: RunSpecification


class RunFilterIn(serializers.Serializer[Any]):
    team = serializers.IntegerField(min_value=1, required=False)
    state = serializers.ChoiceField([*RunState.values, *STATE_GROUPS], required=False, default="")
    search = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ReplicaOut(serializers.ModelSerializer[Replica]):
    class Meta:
        model = Replica
        fields = (
            "number",
            "is_baseline",
            "num_asked",
            "num_told",
            "num_failed",
            "num_trials",
            "best",
            "hypervolume",
            "is_done",
        )


class RunOut(OwnedOut):
    replicas = ReplicaOut(many=True, read_only=True)

    class Meta:
        model = Run
        fields = (
            *OWNED_FIELDS,
            "state",
            "end_reason",
            "space_name",
            "problem_name",
            "strategy_name",
            "estimator_name",
            "dataset",
            "table",
            "seed",
            "device",
            "is_simulated",
            "is_demo",
            "started_at",
            "ended_at",
            "paused_at",
            "replicas",
        )


class RunDetailOut(OwnedOut):
    replicas = ReplicaOut(many=True, read_only=True)
    specification = serializers.DictField(read_only=True, help_text="A RunSpecification, all defaults written out.")
    reference_point = serializers.ListField(child=serializers.FloatField(allow_null=True), read_only=True)

    class Meta:
        model = Run
        fields = (*RunOut.Meta.fields, "specification", "reference_point", "paused_seconds")


class BudgetIn(BaseModel):
    """Limits from now on, trials of each replica; null where there is none."""

    model_config = ConfigDict(extra="forbid")

    trials: int | None = None
    wall_seconds: float | None = None


class SteeringIn(BaseModel):
    """What shall hold from now on. What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    forbidden: list[str] | None = Field(None, max_length=1000, description="All operations that no new trial may use.")
    constraints: list[str | dict[str, Any]] | None = Field(
        None, max_length=10, description='All limits that hold, as texts like "params<=200000" or as objects.'
    )
    parallelism: int | None = Field(None, description="Trials of each replica that may wait or run at once.")
    budget: BudgetIn | None = None


class InterventionOut(serializers.Serializer[Any]):
    """What a person changed; `advance` is null while it waits for the next step of its replica."""

    replica = serializers.IntegerField(source="replica.number")
    kind = serializers.CharField(source="body.kind")
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    at = serializers.DateTimeField(source="created_at")
    advance = serializers.IntegerField(source="applied_in", allow_null=True)


class SteeringOut(serializers.Serializer[Any]):
    """What holds once all that people asked for is carried out."""

    operations = serializers.ListField(
        child=serializers.CharField(), help_text="Those that can be forbidden; empty where a space has no named ones."
    )
    forbidden = serializers.ListField(child=serializers.CharField())
    constraints = serializers.ListField(child=serializers.CharField())
    parallelism = serializers.IntegerField()
    budget_trials = serializers.IntegerField(allow_null=True)
    budget_wall_seconds = serializers.FloatField(allow_null=True)
    interventions = InterventionOut(many=True)


class ArchitectureAddIn(serializers.Serializer[Any]):
    genotype = serializers.JSONField(help_text="An architecture of the run's space.")
