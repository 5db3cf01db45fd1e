"""Pages of a list: an opaque cursor that stays right while rows come and go."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError as FieldValidationError
from django.db.models import F, Field, Model, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

Row = TypeVar("Row", bound=Model)
Keys = Sequence[tuple[str, bool]]
"""(column, whether descending), most important first. The last one is unique and never null."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
NEWEST_FIRST: Keys = (("pk", True),)

PAGE_PARAMETERS = [
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most so many rows, 1 to {MAX_LIMIT}."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="The `next_cursor` of the page before. Opaque."),
]


class PageIn(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = serializers.CharField(max_length=1000, required=False)


class Page(Generic[Row]):
    """One page of `queryset` in the order of `keys`: its `rows`, and where the next one begins (None on the last).

    What has no value comes last, ascending or descending. Rows that come or go between two requests shift nothing: the
    cursor holds the keys of the last row, not a count.
    """

    def __init__(self, queryset: QuerySet[Row], wanted: Mapping[str, Any], keys: Keys = NEWEST_FIRST) -> None:
        """`wanted`: query parameters. Raises ValidationError for a wrong limit or cursor."""
        checked = PageIn(data=wanted)
        checked.is_valid(raise_exception=True)
        limit, cursor = checked.validated_data["limit"], checked.validated_data.get("cursor")
        if cursor is not None:
            queryset = queryset.filter(_behind(keys, _cursor_read(cursor, queryset.model, keys)))
        ordering = [F(n).desc(nulls_last=True) if down else F(n).asc(nulls_last=True) for n, down in keys]
        found = list(queryset.order_by(*ordering)[: limit + 1])
        self.rows = found[:limit]
        self.next_cursor = _cursor_write(self.rows[-1], keys) if len(found) > limit else None

    def render(self, kind: type[serializers.BaseSerializer[Any]], **context: Any) -> dict[str, Any]:
        return {"results": kind(self.rows, many=True, context=context).data, "next_cursor": self.next_cursor}


@cache
def page_of(kind: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of `kind`, for the schema."""
    return _with_cursor(kind, results=kind(many=True))


@cache
def columns_page_of(kind: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The same for rows that travel as columns."""
    return _with_cursor(kind, columns=kind())


def _with_cursor(kind: type[Any], **fields: serializers.Field[Any, Any, Any, Any]) -> type[serializers.Serializer[Any]]:
    name = kind.__name__.removesuffix("Out") + "PageOut"
    cursor = serializers.CharField(allow_null=True, help_text="Null on the last page.")
    return type(name, (serializers.Serializer,), {**fields, "next_cursor": cursor})


def _behind(keys: Keys, values: Sequence[Any]) -> Q:
    """What follows a row with these values: later in the first key, or equal there and later in the next, and so on."""
    behind, equal = Q(pk__in=[]), Q()
    for (name, down), value in zip(keys, values, strict=True):
        if value is None:
            equal &= Q(**{f"{name}__isnull": True})
            continue
        later = Q(**{f"{name}__{'lt' if down else 'gt'}": value})
        if name != "pk":
            later |= Q(**{f"{name}__isnull": True})
        behind |= equal & later
        equal &= Q(**{name: value})
    return behind


def _cursor_write(row: Model, keys: Keys) -> str:
    place = {"keys": _signature(keys), "values": [getattr(row, name) for name, _down in keys]}
    text = json.dumps(place, default=datetime.isoformat, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_read(cursor: str, model: type[Model], keys: Keys) -> list[Any]:
    """The values of the last row seen. Raises ValidationError for what this list has not given out."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        place = json.loads(text)
        if (
            place["keys"] != _signature(keys)
            or "\x00" in text
            or "\\u0000" in text
            or len(place["values"]) != len(keys)
        ):
            raise ValueError("a cursor of another list")
        return [_typed(model, name, value) for (name, _down), value in zip(keys, place["values"], strict=True)]
    except (ValueError, KeyError, TypeError, RecursionError, FieldValidationError):
        message = _("This is no cursor of this list in this order; begin without one.")
        raise serializers.ValidationError({"cursor": [message]}) from None


def _signature(keys: Keys) -> str:
    return ",".join(f"{'-' if down else ''}{name}" for name, down in keys)


def _typed(model: type[Model], name: str, value: Any) -> Any:
    if value is None and name != "pk":
        return None
    if not isinstance(value, (int, float, str)):
        raise TypeError("no value of a column")
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    assert isinstance(field, Field)
    return field.to_python(value)
