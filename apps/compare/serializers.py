"""What the API of comparisons takes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.compare.chosen import MOST_RUNS


class CompareIn(serializers.Serializer[Any]):
    run = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_RUNS,
        help_text="Runs to compare, in this order: `run=3&run=7`.",
    )
