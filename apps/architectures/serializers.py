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


class PathCountOut(serializers.Serializer[Any]):
    length = serializers.IntegerField()
    count = serializers.CharField(help_text="A text, since there may be more than numbers in JSON keep exact.")


class IrregularityOut(serializers.Serializer[Any]):
    """The index and its four terms; 0 is a chain of equal layers."""

    extra_fan_in = serializers.FloatField()
    skip = serializers.FloatField()
    resizing = serializers.FloatField()
    variety = serializers.FloatField()
    index = serializers.FloatField()


class PathsOut(serializers.Serializer[Any]):
    """Path statistics of one part: a cell, the network in outline, the network layer by layer. Lengths count edges."""

    part = serializers.CharField()
    num_nodes = serializers.IntegerField()
    num_edges = serializers.IntegerField()
    depth = serializers.IntegerField()
    width = serializers.IntegerField(help_text="Most nodes of which none depends on another.")
    total_paths = serializers.CharField()
    num_paths = PathCountOut(many=True)
    mean_length = serializers.FloatField(allow_null=True)
    std_length = serializers.FloatField(allow_null=True)
    entropy_bits = serializers.FloatField()
    irregularity = IrregularityOut()


class SideOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    is_preset = serializers.BooleanField()
    genotype = serializers.JSONField()


class ChangeOut(serializers.Serializer[Any]):
    aspect = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class NodeDiffOut(serializers.Serializer[Any]):
    """`first` and `second` are ids in the two graphs, null where there is no counterpart."""

    kind = serializers.ChoiceField(choices=["same", "changed", "added", "removed"])
    first = serializers.CharField(allow_null=True)
    second = serializers.CharField(allow_null=True)
    changes = ChangeOut(many=True)


class EdgeDiffOut(serializers.Serializer[Any]):
    """`first` and `second` are places in the lists of edges of the two graphs, null where there is no counterpart."""

    kind = serializers.ChoiceField(choices=["same", "changed", "added", "removed"])
    first = serializers.IntegerField(allow_null=True)
    second = serializers.IntegerField(allow_null=True)
    changes = ChangeOut(many=True)


class GenotypeChangeOut(serializers.Serializer[Any]):
    path = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["changed", "added", "removed"])
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class CostDiffOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    difference = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True, help_text="Of the first; null when that is 0.")


class DiffOut(serializers.Serializer[Any]):
    """Costs and graphs are for the data of the newest run of the first architecture that you may see."""

    a = SideOut(source="first")
    b = SideOut(source="second")
    input_shape = serializers.ListField(child=serializers.IntegerField())
    num_classes = serializers.IntegerField()
    view = serializers.CharField()
    is_same_network = serializers.BooleanField(source="diff.is_same_network")
    num_differences = serializers.IntegerField(source="diff.graph.num_differences")
    nodes = NodeDiffOut(many=True, source="diff.graph.nodes")
    edges = EdgeDiffOut(many=True, source="diff.graph.edges")
    groups = NodeDiffOut(many=True, source="diff.graph.groups")
    genotype = GenotypeChangeOut(many=True, source="diff.genotype")
    costs = CostDiffOut(many=True, source="diff.costs")
