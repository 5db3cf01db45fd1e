"""Exports as the API says them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.exports.models import ArchitectureExport, ExportFile
from nas.export.request import FORMATS


class TrialIn(serializers.Serializer[Any]):
    run = serializers.IntegerField()
    replica = serializers.IntegerField(default=0)
    number = serializers.IntegerField()


class ExportIn(serializers.Serializer[Any]):
    """The input is that of the trial, else that of the newest run you may see, unless you give both of its fields."""

    formats = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(FORMATS)), allow_empty=False, default=["pytorch"]
    )
    trial = TrialIn(
        required=False, allow_null=True, help_text="Whose network: with its trained weights if they were kept."
    )
    is_trained = serializers.BooleanField(default=True, help_text="False: the trial's initial weights in any case.")
    input_shape = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=4096), min_length=3, max_length=3, required=False
    )
    num_classes = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("input_shape" in attrs) != ("num_classes" in attrs):
            missing = "num_classes" if "input_shape" in attrs else "input_shape"
            raise serializers.ValidationError({missing: ["Give input_shape and num_classes together, or neither."]})
        return attrs


class ExportFileOut(serializers.ModelSerializer[ExportFile]):
    size_bytes = serializers.IntegerField(source="artifact.size_bytes")
    sha256 = serializers.CharField(source="artifact.sha256")
    url = serializers.SerializerMethodField()

    class Meta:
        model = ExportFile
        fields = ("kind", "name", "size_bytes", "sha256", "url")

    @extend_schema_field(str)
    def get_url(self, file: ExportFile) -> str:
        key = file.export.architecture.key
        return reverse("api:export_file", kwargs={"key": key, "export_id": file.export_id, "kind": file.kind})


class ExportOut(serializers.ModelSerializer[ArchitectureExport]):
    """`checks`: by format, what was found when the files were run. `reason`: why it failed."""

    architecture = serializers.CharField(source="architecture.key")
    formats = serializers.ListField(child=serializers.CharField())
    input_shape = serializers.ListField(child=serializers.IntegerField())
    is_trained = serializers.BooleanField()
    checks = serializers.DictField()
    files = ExportFileOut(many=True)

    class Meta:
        model = ArchitectureExport
        fields = (
            "id",
            "architecture",
            "formats",
            "input_shape",
            "num_classes",
            "seed",
            "is_trained",
            "state",
            "stage",
            "reason",
            "checks",
            "files",
            "created_at",
            "finished_at",
        )
