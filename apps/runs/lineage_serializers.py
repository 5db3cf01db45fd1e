"""Lineage as the API says it: columns of a replica, and the way from the first ancestor to one trial."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.runs.selectors.ancestry import Ancestry, Step
from apps.runs.trial_serializers import VALUES, trial_values


class LineageFilterIn(serializers.Serializer[Any]):
    replica = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    after = serializers.IntegerField(
        min_value=-1, max_value=2**62, default=-1, help_text="Only trials with numbers above this one."
    )


class LineageOut(serializers.Serializer[Any]):
    """Columns of equal length, one entry per trial of one replica. `parents` are numbers of trials, the most important first;
    `changed` the first positions in which it differs from its first parent; `goes_on` is true where the parent's own
    architecture is evaluated again. Ask again with `after=next_after` until that is null."""

    number = serializers.ListField(child=serializers.IntegerField())
    parents = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    operator = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    goes_on = serializers.ListField(child=serializers.BooleanField())
    next_after = serializers.IntegerField(allow_null=True)


class PositionOut(serializers.Serializer[Any]):
    """A position of the genotype that differs from the first parent's; `before` or `after` is empty where there was none."""

    path = serializers.CharField()
    kind = serializers.ChoiceField(["changed", "added", "removed"])
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class StepOut(serializers.Serializer[Step]):
    """`values` are the run's objectives in their order, null where there is none."""

    number = serializers.IntegerField(source="trial.number")
    state = serializers.CharField(source="trial.state")
    operator = serializers.CharField(source="trial.operator")
    parents = serializers.SerializerMethodField()
    goes_on = serializers.BooleanField(help_text="Whether it evaluates its parent's own architecture again.")
    changes = PositionOut(many=True)
    values = serializers.SerializerMethodField()
    architecture = serializers.CharField(source="trial.architecture.key")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_parents(self, step: Step) -> list[int]:
        return [parent.number for parent in step.parents]

    @extend_schema_field(VALUES)
    def get_values(self, step: Step) -> list[float | None]:
        return trial_values(step.trial)[: self.context["num_objectives"]]


class AncestryOut(serializers.Serializer[Ancestry]):
    """`steps`: from the first ancestor to the trial itself, at most 200; `num_earlier` ancestors lie before those."""

    steps = StepOut(many=True)
    num_earlier = serializers.IntegerField()
    num_children = serializers.IntegerField()
    num_descendants = serializers.IntegerField()
    best_descendant = serializers.IntegerField(
        source="best_descendant.number", default=None, allow_null=True, help_text="The number of that trial."
    )
