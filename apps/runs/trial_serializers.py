"""Trials as the API says them: rows, or columns of equal length."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.runs.models import Trial
from apps.runs.selectors.trials import ORDERS, STATE_GROUPS
from apps.runs.states import TrialState

ORDER_CHOICES = [*ORDERS, *(f"-{name}" for name in ORDERS)]

VALUES = serializers.ListField(child=serializers.FloatField(allow_null=True))


class TrialFilterIn(serializers.Serializer[Any]):
    state = serializers.ChoiceField([*TrialState.values, *STATE_GROUPS, "front"], required=False, default="")
    operator = serializers.CharField(max_length=60, required=False, default="", help_text="Its beginning.")
    search = serializers.CharField(
        max_length=60, required=False, default="", help_text="A trial's number, or the beginning of a key."
    )
    replica = serializers.RegexField(
        r"^(search|baseline|\d{1,9})?$",
        required=False,
        default="",
        help_text="Its number, `search` for the run's own, or `baseline` for the random search beside it.",
    )
    order = serializers.ChoiceField(ORDER_CHOICES, required=False, default="-number")
    format = serializers.ChoiceField(
        ["rows", "columns"],
        required=False,
        default="rows",
        help_text="`columns` for charts: less to send, less to read.",
    )


class ReusedOut(serializers.Serializer[Any]):
    """Where a result was measured, null where that run was deleted or is not shared with you; and what it cost there."""

    run = serializers.IntegerField(source="reused_from.run_id", default=None, allow_null=True)
    replica = serializers.IntegerField(source="reused_from.replica.number", default=None, allow_null=True)
    number = serializers.IntegerField(source="reused_from.number", default=None, allow_null=True)
    cost_seconds = serializers.FloatField(source="reused_seconds")


class TrialOut(serializers.ModelSerializer[Trial]):
    """`values` are the run's objectives in their order, null where there is none. `reused`: null where it was measured here."""

    replica = serializers.IntegerField(source="replica.number")
    values = serializers.SerializerMethodField()
    architecture = serializers.CharField(source="architecture.key")
    worker = serializers.CharField(source="worker.name", default=None, allow_null=True)
    reused = serializers.SerializerMethodField()

    class Meta:
        model = Trial
        fields = (
            "replica",
            "number",
            "state",
            "operator",
            "values",
            "metrics",
            "architecture",
            "is_feasible",
            "on_front",
            "told_order",
            "hypervolume",
            "best",
            "reason",
            "cost_seconds",
            "reused",
            "steps_done",
            "is_simulated",
            "worker",
            "created_at",
            "started_at",
            "finished_at",
        )

    @extend_schema_field(VALUES)
    def get_values(self, trial: Trial) -> list[float | None]:
        return trial_values(trial)[: self.context["num_objectives"]]

    @extend_schema_field(ReusedOut(allow_null=True))
    def get_reused(self, trial: Trial) -> dict[str, Any] | None:
        if trial.reused_seconds is None:
            return None
        if trial.reused_from is None or trial.reused_from.run_id not in self.context["sources"]:
            return {"run": None, "replica": None, "number": None, "cost_seconds": trial.reused_seconds}
        return dict(ReusedOut(trial).data)


class TrialDetailOut(TrialOut):
    genotype = serializers.JSONField(source="architecture.genotype")
    detail = serializers.CharField(help_text="The traceback of a crash.")

    class Meta(TrialOut.Meta):
        fields = (*TrialOut.Meta.fields, "genotype", "detail")  # type: ignore[assignment]


class TrialColumnsOut(serializers.Serializer[Any]):
    """Columns of equal length, one entry per trial; `values` holds one column per objective."""

    replica = serializers.ListField(child=serializers.IntegerField())
    number = serializers.ListField(child=serializers.IntegerField())
    state = serializers.ListField(child=serializers.CharField())
    operator = serializers.ListField(child=serializers.CharField())
    architecture = serializers.ListField(child=serializers.CharField())
    is_feasible = serializers.ListField(child=serializers.BooleanField())
    on_front = serializers.ListField(child=serializers.BooleanField())
    cost_seconds = serializers.ListField(child=serializers.FloatField())
    values = serializers.ListField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))


class CurveFilterIn(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=-1, max_value=2**31 - 1, default=-1, help_text="Only steps behind this one."
    )


class CurveOut(serializers.Serializer[Any]):
    """Columns of equal length; null where a value was not a number."""

    steps = serializers.ListField(child=serializers.IntegerField())
    metrics = serializers.DictField(child=serializers.ListField(child=serializers.FloatField(allow_null=True)))


def trial_values(trial: Trial) -> list[float | None]:
    return [trial.value_0, trial.value_1, trial.value_2]


def trial_columns(trials: list[Trial], num_objectives: int) -> dict[str, Any]:
    """The data of a TrialColumnsOut."""
    values = [trial_values(trial) for trial in trials]
    return {
        "replica": [trial.replica.number for trial in trials],
        "number": [trial.number for trial in trials],
        "state": [trial.state for trial in trials],
        "operator": [trial.operator for trial in trials],
        "architecture": [trial.architecture.key for trial in trials],
        "is_feasible": [trial.is_feasible for trial in trials],
        "on_front": [trial.on_front for trial in trials],
        "cost_seconds": [trial.cost_seconds for trial in trials],
        "values": [[row[place] for row in values] for place in range(num_objectives)],
    }
