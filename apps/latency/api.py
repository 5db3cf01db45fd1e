"""The API of latency tables."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, latency_table_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_team import team_given
from apps.accounts.api_upload import UploadView
from apps.accounts.api_view import ApiView, person
from apps.latency.selectors.devices import device_chosen
from apps.latency.selectors.page import rows_of, table_of
from apps.latency.selectors.tables import latency_table_list
from apps.latency.serializers import (
    LatencyImportIn,
    LatencyRowsOut,
    LatencyTableDetailOut,
    LatencyTableIn,
    LatencyTableOut,
)
from apps.latency.services.request import latency_go_on, latency_request
from apps.latency.services.table import latency_cancel, latency_delete, latency_import
from apps.spaces.selectors.made import space_made
from nas.hardware.latency_csv import MOST_BYTES

SEARCH = OpenApiParameter("q", OpenApiTypes.STR, description="Only rows whose key has every word of it.")


class LatencyTableListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(LatencyTableOut))
    def get(self, request: Request) -> Response:
        """The latency tables you may see, newest first."""
        return Response(Page(latency_table_list(person(request)), request.query_params).render(LatencyTableOut))

    @extend_schema(request=LatencyTableIn, responses={HTTPStatus.ACCEPTED: LatencyTableDetailOut})
    def post(self, request: Request) -> Response:
        """Have a device measured for a space (members). Look at `state`, `stage`, `done` of `total`."""
        given = self.given(LatencyTableIn, request.data)
        now = timezone.now()
        device = device_chosen(given["worker"], now=now)
        team = team_given(person(request), given.get("team"))
        if device is None:
            raise ValidationError({"worker": [_("There is no such worker, or it is gone.")]})
        table = latency_request(
            team=team,
            by=person(request),
            name=given["name"],
            space=space_made(name=given["space"]["name"], config=_object(given["space"]["config"], "space.config")),
            input_shape=tuple(given["input_shape"]),
            num_classes=given["num_classes"],
            device=device,
            settings=_object(given["settings"], "settings"),
            now=now,
        )
        return Response(LatencyTableDetailOut(table).data, status=HTTPStatus.ACCEPTED)


class LatencyImportView(UploadView):
    def limit_bytes(self) -> int:
        return MOST_BYTES

    @extend_schema(request=LatencyImportIn, responses={HTTPStatus.CREATED: LatencyTableDetailOut})
    def post(self, request: Request) -> Response:
        """Import a latency table from a CSV file (members)."""
        given = self.given(LatencyImportIn, request.data)
        table = latency_import(
            team=team_given(person(request), given.pop("team", None)),
            by=person(request),
            file=given.pop("files")[0],
            now=timezone.now(),
            **given,
        )
        return Response(LatencyTableDetailOut(table).data, status=HTTPStatus.CREATED)


class LatencyTableView(ApiView):
    @extend_schema(responses=LatencyTableDetailOut)
    def get(self, request: Request, latency_id: int) -> Response:
        """One latency table, without its rows."""
        return Response(LatencyTableDetailOut(latency_table_get_for(person(request), latency_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, latency_id: int) -> Response:
        """Delete a latency table (members). Refused while runs that have not ended use it."""
        latency_delete(table=latency_table_get_for(person(request), latency_id, Level.WORK), by=person(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class LatencyRowsView(ApiView):
    @extend_schema(parameters=[SEARCH], responses=LatencyRowsOut)
    def get(self, request: Request, latency_id: int) -> Response:
        """The rows of a latency table; while it is measured, those there are."""
        table = table_of(latency_table_get_for(person(request), latency_id, Level.VIEW))
        search = request.query_params.get("q", "")[:200]
        rows = [] if table is None else [{"key": key, **asdict(row)} for key, row in rows_of(table, search)]
        found = {"offset_ms": table.offset_ms if table else 0.0, "rows": rows, "checks": table.checks if table else ()}
        return Response(LatencyRowsOut(found).data)


class LatencyCancelView(ApiView):
    @extend_schema(request=None, responses=LatencyTableDetailOut)
    def post(self, request: Request, latency_id: int) -> Response:
        """End measuring (members). What was measured is kept. One that has ended stays as it is."""
        table = latency_table_get_for(person(request), latency_id, Level.WORK)
        latency_cancel(table=table, now=timezone.now())
        table.refresh_from_db()
        return Response(LatencyTableDetailOut(table).data)


class LatencyGoOnView(ApiView):
    @extend_schema(request=None, responses={HTTPStatus.ACCEPTED: LatencyTableDetailOut})
    def post(self, request: Request, latency_id: int) -> Response:
        """Measure on where it stopped (members). One that did not stop stays as it is."""
        table = latency_table_get_for(person(request), latency_id, Level.WORK)
        latency_go_on(table=table, by=person(request), now=timezone.now())
        table.refresh_from_db()
        return Response(LatencyTableDetailOut(table).data, status=HTTPStatus.ACCEPTED)


def _object(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValidationError({field: [_("must be an object of names and values")]})
    return value
