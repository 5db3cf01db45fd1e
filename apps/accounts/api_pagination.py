"""Pages of a list: an opaque cursor that stays right while rows come and go."""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

Row = TypeVar("Row", bound=Model)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

PAGE_PARAMETERS = [
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most so many rows, 1 to {MAX_LIMIT}."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="The `next_cursor` of the page before. Opaque."),
]


class PageIn(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(max_length=200, required=False)

    def validate_cursor(self, value: str) -> int:
        return cursor_read(value)


class Page(Generic[Row]):
    """`rows` of one page, newest (highest id) first, and where the next one begins; None on the last."""

    def __init__(self, queryset: QuerySet[Row], request: Request) -> None:
        """Raises ValidationError for a wrong limit or cursor."""
        wanted = PageIn(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        limit, before = wanted.validated_data["limit"], wanted.validated_data.get("cursor")
        ordered = queryset.order_by("-pk") if before is None else queryset.filter(pk__lt=before).order_by("-pk")
        found = list(ordered[: limit + 1])
        self.rows = found[:limit]
        self.next_cursor = cursor_write(self.rows[-1].pk) if len(found) > limit else None

    def render(self, kind: type[serializers.BaseSerializer[Any]]) -> dict[str, Any]:
        return {"results": kind(self.rows, many=True).data, "next_cursor": self.next_cursor}


def cursor_write(place: int) -> str:
    return base64.urlsafe_b64encode(f"v1:{place}".encode()).decode().rstrip("=")


def cursor_read(text: str) -> int:
    """Raises ValidationError."""
    try:
        version, _colon, place = (
            base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True).decode().partition(":")
        )
        if version == "v1" and place.isascii() and place.isdigit() and len(place) < 19:
            return int(place)
    except (ValueError, binascii.Error):
        pass
    raise serializers.ValidationError(_("This is no cursor that the API has given out; begin without one."))


@cache
def page_of(kind: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of `kind`, for the schema."""
    name = kind.__name__.removesuffix("Out") + "PageOut"
    fields = {
        "results": kind(many=True),
        "next_cursor": serializers.CharField(allow_null=True, help_text="Null on the last page."),
    }
    return type(name, (serializers.Serializer,), fields)
