"""The API of everything there is to search with."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_view import ApiView
from nas.cli.catalogue import catalogue


class PresetOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    genotype = serializers.JSONField()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field, not the attribute
    cost = serializers.DictField(allow_null=True, help_text="At 3×32×32 and 10 classes; null where that is no input.")


class CatalogueSizeOut(serializers.Serializer[Any]):
    """How many architectures a space has at its defaults: digits, empty beyond 4,000 of them; `text` for people."""

    text = serializers.CharField()
    lower = serializers.CharField(allow_blank=True)
    upper = serializers.CharField(allow_blank=True)
    distinct = serializers.CharField(allow_blank=True, allow_null=True)


class EntryOut(serializers.Serializer[Any]):
    """`config_schema` is JSON Schema; `presets` (spaces only) are published architectures."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not the attribute
    version = serializers.IntegerField()
    config_schema = serializers.DictField()
    config_presets = serializers.DictField()
    requires = serializers.ListField(child=serializers.CharField(), required=False)
    is_simulated = serializers.BooleanField(required=False)
    size = CatalogueSizeOut(required=False)
    presets = PresetOut(many=True, required=False)


class MetricOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    direction = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field, not the attribute
    unit = serializers.CharField(allow_blank=True)


class JobKindOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()


class CatalogueOut(serializers.Serializer[Any]):
    spaces = EntryOut(many=True)
    problems = EntryOut(many=True)
    strategies = EntryOut(many=True)
    estimators = EntryOut(many=True)
    studies = EntryOut(many=True)
    job_kinds = JobKindOut(many=True)
    metrics = MetricOut(many=True)


class CatalogueView(ApiView):
    @extend_schema(responses=CatalogueOut)
    def get(self, request: Request) -> Response:
        """Spaces, problems, strategies, estimators, studies with their settings, and the metrics; as `python -m nas catalogue`."""
        return Response(_catalogue())


@cache
def _catalogue() -> dict[str, Any]:
    return catalogue()
