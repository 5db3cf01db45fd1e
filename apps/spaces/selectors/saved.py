"""Saved spaces that a person may use."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.accounts.access import AnyUser, visible
from apps.spaces.models import SavedSpace


def saved_space_list(user: AnyUser) -> QuerySet[SavedSpace]:
    """The newest first."""
    return visible(SavedSpace.objects.select_related("team", "created_by"), user).order_by("-created_at", "-pk")
