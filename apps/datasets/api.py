"""The API of data sets and benchmark tables."""

from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import Level, dataset_get_for, table_get_for, visible
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_team import team_given
from apps.accounts.api_upload import UploadView
from apps.accounts.api_view import ApiView, person
from apps.datasets.models import BenchmarkTable, DataSet
from apps.datasets.serializers import DataSetIn, DataSetOut, TableDescriptionIn, TableIn, TableOut
from apps.datasets.services import dataset_create, dataset_delete, table_create, table_delete, table_describe


class DataSetListView(UploadView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(DataSetOut))
    def get(self, request: Request) -> Response:
        """The uploaded data sets you may see, newest first. The bundled one is called "digits"."""
        found = visible(DataSet.objects.select_related("team", "created_by"), person(request))
        return Response(Page(found, request.query_params).render(DataSetOut))

    @extend_schema(request=DataSetIn, responses={HTTPStatus.ACCEPTED: DataSetOut})
    def post(self, request: Request) -> Response:
        """Upload a data set (members). A worker checks it: look at `state` and `error`."""
        given = self.given(DataSetIn, request.data)
        dataset = dataset_create(
            team=team_given(person(request), given.get("team")),
            by=person(request),
            name=given["name"],
            description=given["description"],
            files={file.name: file for file in given["files"]},
        )
        return Response(DataSetOut(dataset).data, status=status.HTTP_202_ACCEPTED)


class DataSetView(ApiView):
    @extend_schema(responses=DataSetOut)
    def get(self, request: Request, dataset_id: int) -> Response:
        """One data set."""
        return Response(DataSetOut(dataset_get_for(person(request), dataset_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: int) -> Response:
        """Delete a data set (members). Refused while runs that have not ended use it."""
        dataset_delete(dataset=dataset_get_for(person(request), dataset_id, Level.WORK), by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TableListView(UploadView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(TableOut))
    def get(self, request: Request) -> Response:
        """The benchmark tables you may see, newest first."""
        found = visible(BenchmarkTable.objects.select_related("team", "created_by"), person(request))
        return Response(Page(found, request.query_params).render(TableOut))

    @extend_schema(request=TableIn, responses={HTTPStatus.ACCEPTED: TableOut})
    def post(self, request: Request) -> Response:
        """Upload a benchmark table (members). A worker reads it, now or once it is described: look at `state`, `error`."""
        given = self.given(TableIn, request.data)
        table = table_create(
            team=team_given(person(request), given.get("team")),
            by=person(request),
            name=given["name"],
            space_name=given["space_name"],
            source=given["source"],
            licence=given["licence"],
            file=given["file"],
            is_to_be_described=given["is_to_be_described"],
        )
        return Response(TableOut(table).data, status=status.HTTP_202_ACCEPTED)


class TableView(ApiView):
    @extend_schema(responses=TableOut)
    def get(self, request: Request, table_id: int) -> Response:
        """One benchmark table."""
        return Response(TableOut(table_get_for(person(request), table_id, Level.VIEW)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, table_id: int) -> Response:
        """Delete a benchmark table (members). Refused while runs that have not ended use it."""
        table_delete(table=table_get_for(person(request), table_id, Level.WORK), by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TableDescriptionView(ApiView):
    @extend_schema(request=TableDescriptionIn, responses={HTTPStatus.ACCEPTED: TableOut})
    def put(self, request: Request, table_id: int) -> Response:
        """Say what the columns are (members). A worker then reads the file: look at `state` and `error`."""
        table = table_get_for(person(request), table_id, Level.WORK)
        table_describe(table=table, description=self.given_as(TableDescriptionIn, request.data).as_json())
        table.refresh_from_db()
        return Response(TableOut(table).data, status=status.HTTP_202_ACCEPTED)
