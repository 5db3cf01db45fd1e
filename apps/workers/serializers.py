"""Workers as the API says them."""

from __future__ import annotations

from rest_framework import serializers

from apps.workers.models import Worker


class WorkerOut(serializers.ModelSerializer[Worker]):
    class Meta:
        model = Worker
        fields = (
            "id",
            "name",
            "host",
            "queue",
            "device",
            "device_name",
            "fingerprint",
            "started_at",
            "last_seen_at",
            "stopped_at",
        )
