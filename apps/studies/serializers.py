"""Studies as the API says them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.studies.models import Study
from apps.studies.selectors.page import study_title
from apps.studies.services.request import LARGEST_SEED


class StudyIn(serializers.Serializer[Any]):
    """Asks for a study of one trial; without `number` of the run's best."""

    kind = serializers.CharField(max_length=60, help_text="Its name, as the catalogue says it.")
    replica = serializers.IntegerField(default=0, min_value=0, max_value=999_999)
    number = serializers.IntegerField(required=False, min_value=0, max_value=999_999_999, help_text="Of the trial.")
    config = serializers.DictField(default=dict, help_text="Its settings; what is left out has its default.")
    seed = serializers.IntegerField(default=0, min_value=0, max_value=LARGEST_SEED)


class StudyOut(serializers.ModelSerializer[Study]):
    """`done` of `total` parts; `stage` says which one is worked on."""

    title = serializers.SerializerMethodField()
    replica = serializers.IntegerField(source="trial.replica.number", read_only=True)
    number = serializers.IntegerField(source="trial.number", read_only=True, help_text="Of the trial.")
    worker = serializers.CharField(source="worker.name", default=None, allow_null=True, read_only=True)
    requested_by = serializers.CharField(
        source="requested_by.username", default=None, allow_null=True, read_only=True, help_text="User name."
    )

    class Meta:
        model = Study
        fields: tuple[str, ...] = (
            "id",
            "run",
            "replica",
            "number",
            "kind",
            "title",
            "config",
            "seed",
            "state",
            "stage",
            "done",
            "total",
            "worker",
            "reason",
            "requested_by",
            "created_at",
            "started_at",
            "finished_at",
        )

    def get_title(self, study: Study) -> str:
        return study_title(study)


class StudyDetailOut(StudyOut):
    known = serializers.DictField(read_only=True, help_text="What was found; while it is under way, so far.")

    class Meta(StudyOut.Meta):
        fields = (*StudyOut.Meta.fields, "version", "known")
