"""Data sets and benchmark tables as the API says them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from pydantic import create_model
from rest_framework import serializers

from apps.accounts.api_team import TEAM_HELP
from apps.accounts.owned_serializer import OWNED_FIELDS, OwnedOut
from apps.datasets.models import BenchmarkTable, DataSet
from nas.core.config import Config
from nas.estimators.table_import import TableDescription

KNOWN = ("name", "source", "licence")


class _UploadIn(serializers.Serializer[Any]):
    team = serializers.IntegerField(required=False, min_value=1, help_text=TEAM_HELP)
    name = serializers.CharField(max_length=300)


class DataSetIn(_UploadIn):
    """`files`: one .npz, MNIST-style IDX files (gzipped or not), or CIFAR for Python (archive or batches); each under the
    part name `files`."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000, default="")
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=10)

    def validate_files(self, files: list[UploadedFile[Any]]) -> list[UploadedFile[Any]]:
        names = [file.name for file in files]
        if len(set(names)) < len(names):
            raise serializers.ValidationError(_("Two files have the same name. Rename one."))
        return files


class UploadedFileOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class DataSetOut(OwnedOut):
    files = UploadedFileOut(many=True, read_only=True)
    class_names = serializers.ListField(child=serializers.CharField(), read_only=True)
    class_counts = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = DataSet
        fields = (
            *OWNED_FIELDS,
            "description",
            "state",
            "error",
            "format",
            "files",
            "fingerprint",
            "num_examples",
            "channels",
            "height",
            "width",
            "num_classes",
            "class_names",
            "class_counts",
            "has_fixed_split",
        )


class TableIn(_UploadIn):
    """`file`: CSV with a header, one row per architecture."""

    space_name = serializers.CharField(max_length=60, help_text="The registered space of its rows.")
    source = serializers.CharField(max_length=2000)  # type: ignore[assignment]  # a field, not the attribute
    licence = serializers.CharField(max_length=200)
    file = serializers.FileField(allow_empty_file=True)
    is_to_be_described = serializers.BooleanField(
        default=False, help_text="Wait for a description of the columns, instead of guessing from their names."
    )


TableDescriptionIn = create_model(  # type: ignore[call-overload]  # keywords are the fields
    "TableDescriptionIn",
    __base__=Config,
    **{name: (field.annotation, field) for name, field in TableDescription.model_fields.items() if name not in KNOWN},
)
"""What a TableDescription says beside name, source and licence, which the upload said already."""


class TableColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    role = serializers.CharField()
    part = serializers.CharField(allow_blank=True)
    epochs = serializers.IntegerField(allow_null=True)


class TableOut(OwnedOut):
    columns = TableColumnOut(many=True, read_only=True)

    class Meta:
        model = BenchmarkTable
        fields = (
            *OWNED_FIELDS,
            "state",
            "error",
            "space_name",
            "fingerprint",
            "num_rows",
            "columns",
            "source",
            "licence",
        )
