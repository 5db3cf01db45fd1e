"""What the API says of everything that a team owns."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.models import Team

OWNED_FIELDS = ("id", "team", "name", "created_at", "created_by", "visibility")


class TeamRefOut(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("id", "name")


class OwnedOut(serializers.ModelSerializer[Any]):
    """Base of the serializers of owned models; their rows need `team` and `created_by` selected."""

    team = TeamRefOut(read_only=True)
    created_by = serializers.CharField(
        source="created_by.username", allow_null=True, default=None, read_only=True, help_text="User name."
    )
