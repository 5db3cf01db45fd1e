"""The event log as the API says it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from rest_framework import serializers

from apps.live.events import AnyEvent


class EventsIn(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0, help_text="The last `seq` you have.")
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class LoggedEvent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seq: int
    at: datetime
    event: AnyEvent


class EventsOut(BaseModel):
    """`last_seq` is the newest there is; read on while the last event has a smaller one."""

    model_config = ConfigDict(extra="forbid")

    events: list[LoggedEvent]
    last_seq: int
