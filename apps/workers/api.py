"""The API of workers."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView
from apps.workers.models import Worker
from apps.workers.serializers import WorkerOut


class WorkerListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(WorkerOut))
    def get(self, request: Request) -> Response:
        """The workers of this installation, those that ended included, newest first."""
        return Response(Page(Worker.objects.all(), request.query_params).render(WorkerOut))
