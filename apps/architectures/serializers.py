"""Architectures as the API says them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.runs.models import Trial
from apps.runs.trial_serializers import VALUES, trial_values
from apps.spaces.serializers import CostOut


class CostAtOut(serializers.Serializer[Any]):
    """Costs for inputs of one shape (channels, height, width)."""

    input_shape = serializers.ListField(child=serializers.IntegerField())
    num_classes = serializers.IntegerField()
    cost = CostOut()


class ArchitectureOut(serializers.Serializer[Any]):
    """`costs`: for the input shapes of the runs you may see, newest first. `notation` is "" where the space has none."""

    key = serializers.CharField(source="architecture.key")
    space_name = serializers.CharField(source="architecture.space_name")
    space_version = serializers.IntegerField(source="architecture.space_version")
    space_config = serializers.DictField(source="architecture.space_config")
    genotype = serializers.JSONField(source="architecture.genotype")
    created_at = serializers.DateTimeField(source="architecture.created_at")
    notation = serializers.CharField(allow_blank=True)
    costs = CostAtOut(many=True)
    num_trials = serializers.IntegerField(help_text="Those you may see.")


class ArchitectureTrialOut(serializers.ModelSerializer[Trial]):
    """A trial of this architecture in some run. `metrics` by name; `values` are the objectives of its run."""

    run = serializers.IntegerField(source="run_id")
    run_name = serializers.CharField(source="run.name")
    replica = serializers.IntegerField(source="replica.number")
    values = serializers.SerializerMethodField()

    class Meta:
        model = Trial
        fields = ("run", "run_name", "replica", "number", "state", "values", "metrics", "on_front", "finished_at")

    @extend_schema_field(VALUES)
    def get_values(self, trial: Trial) -> list[float | None]:
        return trial_values(trial)[: len(trial.run.specification["objectives"])]


class NodeOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, not the attribute
    operation = serializers.CharField()
    group = serializers.CharField(allow_null=True)
    shape = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    params = serializers.IntegerField()
    macs = serializers.IntegerField()


class EdgeOut(serializers.Serializer[Any]):
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not the attribute
    target = serializers.CharField()
    operation = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, not the attribute
    is_dead = serializers.BooleanField(help_text="Does not influence the output.")


class GroupOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, not the attribute
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a field, not the attribute
    repeats = serializers.IntegerField()


class GraphOut(serializers.Serializer[Any]):
    title = serializers.CharField(allow_blank=True)
    inputs = serializers.ListField(child=serializers.CharField())
    outputs = serializers.ListField(child=serializers.CharField())
    nodes = NodeOut(many=True)
    edges = EdgeOut(many=True)
    groups = GroupOut(many=True)
