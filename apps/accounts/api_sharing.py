"""The API of sharing: the same for everything that a team owns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import AnyUser, Level
from apps.accounts.api_view import ApiView, person
from apps.accounts.models import Team, TeamOwned, Visibility
from apps.accounts.owned_serializer import TeamRefOut
from apps.accounts.services.share import share


class SharingIn(serializers.Serializer[Any]):
    """Sharing lets others look, and no more."""

    visibility = serializers.ChoiceField(Visibility.choices)
    shared_with = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=100, help_text="Ids of teams."
    )


class SharingOut(serializers.Serializer[Any]):
    visibility = serializers.ChoiceField(Visibility.choices)
    shared_with = TeamRefOut(many=True)


def _nothing(user: AnyUser, pk: int, level: Level) -> TeamOwned:
    raise Http404


class SharingView(ApiView):
    """`get_for`: the access function of what is shared, given by the route."""

    get_for: Callable[[AnyUser, int, Level], TeamOwned] = staticmethod(_nothing)

    @extend_schema(responses=SharingOut)
    def get(self, request: Request, pk: int) -> Response:
        """Who may look (members of the owning team)."""
        return Response(_said(self.get_for(person(request), pk, Level.WORK)))

    @extend_schema(request=SharingIn, responses=SharingOut)
    def put(self, request: Request, pk: int) -> Response:
        """Say who may look, beside the owning team (members of it)."""
        owned = self.get_for(person(request), pk, Level.WORK)
        given = self.given(SharingIn, request.data)
        wanted = set(given["shared_with"])
        teams = list(Team.objects.filter(pk__in=wanted))
        if len(teams) < len(wanted):
            raise ValidationError({"shared_with": [_("One of these teams does not exist.")]})
        share(owned=owned, visibility=given["visibility"], teams=teams)
        owned.refresh_from_db()
        return Response(_said(owned))


def _said(owned: TeamOwned) -> dict[str, Any]:
    teams = owned.shared_with.order_by("name", "pk")
    return dict(SharingOut({"visibility": owned.visibility, "shared_with": teams}).data)
