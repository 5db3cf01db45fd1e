"""Latency tables as the API says them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api_team import TEAM_HELP
from apps.accounts.owned_serializer import OWNED_FIELDS, OwnedOut
from apps.latency.models import LatencyTable
from apps.latency.selectors.page import table_of
from nas.hardware.latency_csv import UNITS_MS


class LatencySpaceIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, help_text="A registered space.")
    config = serializers.JSONField(default=dict, help_text="Its settings; what is left out has its default.")


class LatencyTableIn(serializers.Serializer[Any]):
    """Asks for a table of a device, measured by one of its workers."""

    team = serializers.IntegerField(required=False, min_value=1, help_text=TEAM_HELP)
    name = serializers.CharField(max_length=300)
    space = LatencySpaceIn()
    input_shape = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=4096), min_length=3, max_length=3, help_text="C, H, W."
    )
    num_classes = serializers.IntegerField(min_value=1, max_value=100_000)
    worker = serializers.IntegerField(min_value=1, help_text="A living worker that has the device.")
    settings = serializers.JSONField(
        default=dict, help_text="batch, threads, memory_format, num_checks, seed; each has a default."
    )


class LatencyImportIn(serializers.Serializer[Any]):
    """`files`: one CSV file, plain or gzipped, with one line per block or per whole network."""

    team = serializers.IntegerField(required=False, min_value=1, help_text=TEAM_HELP)
    name = serializers.CharField(max_length=300)
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=1)
    device = serializers.CharField(
        required=False, allow_blank=True, max_length=400, default="", help_text="Where the file does not say it."
    )
    column = serializers.CharField(
        required=False, allow_blank=True, max_length=200, default="", help_text="Of times, in a file of whole networks."
    )
    unit = serializers.ChoiceField(choices=list(UNITS_MS), default="ms", help_text="Of that column.")
    source = serializers.CharField(required=False, allow_blank=True, max_length=400, default="")  # type: ignore[assignment]  # a field, not the attribute


class LatencyFingerprintOut(serializers.Serializer[Any]):
    device = serializers.CharField()
    torch_version = serializers.CharField()
    cuda_version = serializers.CharField()
    threads = serializers.IntegerField()
    dtype = serializers.CharField()
    memory_format = serializers.CharField()
    batch = serializers.IntegerField()


class LatencyCheckOut(serializers.Serializer[Any]):
    """How well sums of rows say what whole networks take. Correlations are null when one side is constant."""

    n = serializers.IntegerField(help_text="Networks measured as a whole.")
    intercept_ms = serializers.FloatField(source="calibration.intercept_ms")
    slope = serializers.FloatField(source="calibration.slope")
    pearson = serializers.FloatField(allow_null=True)
    kendall = serializers.FloatField(allow_null=True)
    rmse_ms = serializers.FloatField()
    calibrated_rmse_ms = serializers.FloatField()
    mean_error_percent = serializers.FloatField()
    is_low = serializers.BooleanField(help_text="Too low to tell which of two networks is quicker.")


class LatencyTableOut(OwnedOut):
    class Meta:
        model = LatencyTable
        fields: tuple[str, ...] = (
            *OWNED_FIELDS,
            "state",
            "is_imported",
            "device_name",
            "space_name",
            "space_config",
            "input_shape",
            "num_classes",
            "settings",
            "stage",
            "done",
            "total",
            "reason",
            "num_rows",
            "finished_at",
        )


class LatencyTableDetailOut(LatencyTableOut):
    fingerprint = serializers.SerializerMethodField(help_text="Null while nothing is measured.")
    check = serializers.SerializerMethodField(help_text="Null while too few networks are measured.")

    class Meta(LatencyTableOut.Meta):
        fields = (*LatencyTableOut.Meta.fields, "fingerprint", "check")

    @extend_schema_field(LatencyFingerprintOut(allow_null=True))
    def get_fingerprint(self, row: LatencyTable) -> dict[str, Any] | None:
        table = table_of(row)
        return None if table is None else LatencyFingerprintOut(table.fingerprint).data

    @extend_schema_field(LatencyCheckOut(allow_null=True))
    def get_check(self, row: LatencyTable) -> dict[str, Any] | None:
        table = table_of(row)
        return None if table is None or table.check is None else LatencyCheckOut(table.check).data


class LatencyRowOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    count = serializers.IntegerField(help_text="Passes.")
    mean_ms = serializers.FloatField()
    variance = serializers.FloatField(help_text="In ms².")
    median_ms = serializers.FloatField()
    p95_ms = serializers.FloatField()


class LatencyRowsOut(serializers.Serializer[Any]):
    """All rows, the slowest first, and the networks that were measured as a whole."""

    offset_ms = serializers.FloatField(help_text="What every network takes beside its rows.")
    rows = LatencyRowOut(many=True)
    checks = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="(predicted, measured) in ms.",
    )
