"""Search spaces as the API says them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.api_team import TEAM_HELP
from apps.accounts.owned_serializer import OWNED_FIELDS, OwnedOut
from apps.spaces.models import SavedSpace
from nas.core.quantity import count_in_words, exact_digits


class SpaceChoiceIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, help_text="The registered name; see the catalogue.")
    config = serializers.DictField(default=dict, help_text="Settings; what is left out has its default.")


class SavedSpaceIn(serializers.Serializer[Any]):
    team = serializers.IntegerField(required=False, min_value=1, help_text=TEAM_HELP)
    name = serializers.CharField(max_length=300)
    space = SpaceChoiceIn()


class SavedSpaceOut(OwnedOut):
    config = serializers.DictField(read_only=True)

    class Meta:
        model = SavedSpace
        fields = (*OWNED_FIELDS, "space_name", "config", "fingerprint")


class _InputIn(serializers.Serializer[Any]):
    input_shape = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=4096),
        min_length=3,
        max_length=3,
        default=[3, 32, 32],
        help_text="Channels, height, width of one example.",
    )
    num_classes = serializers.IntegerField(min_value=1, max_value=100_000, default=10)


class SpacePreviewIn(_InputIn):
    space = SpaceChoiceIn()
    constraints = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=10, default=list, help_text="Like params<=200000."
    )
    num_samples = serializers.IntegerField(min_value=1, max_value=2000, default=1000)
    seed = serializers.IntegerField(min_value=0, max_value=2**53, default=0)


class BinOut(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    count = serializers.IntegerField()


class HistogramOut(serializers.Serializer[Any]):
    metric = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    is_log = serializers.BooleanField()
    minimum = serializers.FloatField()
    median = serializers.FloatField()
    maximum = serializers.FloatField()
    bars = BinOut(many=True)


class CostOut(serializers.Serializer[Any]):
    params = serializers.IntegerField()
    macs = serializers.IntegerField()
    bias_adds = serializers.IntegerField()
    activations = serializers.IntegerField()
    peak_memory_bytes = serializers.IntegerField()
    weight_bytes = serializers.IntegerField()


class SampledOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    svg = serializers.CharField(help_text="A small drawing.")
    cost = CostOut()


class WholeText(serializers.CharField):
    """All digits of a whole number; one of more than some thousand rounded, as people write it."""

    def to_representation(self, value: Any) -> str:
        return exact_digits(value).replace(",", "") or count_in_words(value)


class SizeOut(serializers.Serializer[Any]):
    """Exact when both are equal. Texts, since they may have hundreds of digits."""

    lower = WholeText()
    upper = WholeText()
    distinct = WholeText(allow_null=True)


class SpacePreviewOut(serializers.Serializer[Any]):
    size = SizeOut()
    num_samples = serializers.IntegerField()
    num_met = serializers.IntegerField(help_text="How many of the samples meet the constraints that costs can judge.")
    histograms = HistogramOut(many=True)
    drawn = SampledOut(many=True)


class DescribeIn(_InputIn):
    space = SpaceChoiceIn()
    genotype = serializers.JSONField(help_text="JSON, or a notation of the space's own.")


class DescribeOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    genotype = serializers.JSONField()
    canonical = serializers.CharField()
    cost = CostOut()
