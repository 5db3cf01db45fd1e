"""The API of exports."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.access import architecture_get_for, export_get_for
from apps.accounts.api_pagination import PAGE_PARAMETERS, Page, page_of
from apps.accounts.api_view import ApiView, person
from apps.accounts.models import User
from apps.architectures.models import Architecture
from apps.architectures.selectors.trials import trials_of
from apps.exports.files import file_response
from apps.exports.selectors.choices import Choice, choice_of
from apps.exports.selectors.description import description_for
from apps.exports.selectors.exports import exports_of
from apps.exports.selectors.files import export_file_get
from apps.exports.serializers import ExportIn, ExportOut
from apps.exports.services.request import export_request, export_retry
from apps.exports.services.used import export_used


class ExportListView(ApiView):
    @extend_schema(parameters=PAGE_PARAMETERS, responses=page_of(ExportOut))
    def get(self, request: Request, key: str) -> Response:
        """The exports of an architecture that you may see, newest first."""
        found = exports_of(architecture_get_for(person(request), key), person(request))
        return Response(Page(found, request.query_params).render(ExportOut))

    @extend_schema(request=ExportIn, responses={HTTPStatus.ACCEPTED: ExportOut})
    def post(self, request: Request, key: str) -> Response:
        """Export an architecture. A worker writes and checks the files: look at `state`. Asking twice gives the same export."""
        architecture = architecture_get_for(person(request), key)
        given = self.given(ExportIn, request.data)
        export = export_request(
            architecture=architecture,
            by=person(request),
            formats=given["formats"],
            choice=_choice(architecture, person(request), given),
            shape=(tuple(given["input_shape"]), given["num_classes"]) if "input_shape" in given else None,
            now=timezone.now(),
        )
        return Response(ExportOut(export).data, status=HTTPStatus.ACCEPTED)


class ExportView(ApiView):
    @extend_schema(responses=ExportOut)
    def get(self, request: Request, key: str, export_id: int) -> Response:
        """One export."""
        return Response(ExportOut(export_get_for(person(request), key, export_id)).data)


class ExportRetryView(ApiView):
    @extend_schema(request=None, responses={HTTPStatus.ACCEPTED: ExportOut})
    def post(self, request: Request, key: str, export_id: int) -> Response:
        """Try a failed export again; one that has not failed stays as it is."""
        export = export_get_for(person(request), key, export_id)
        export_retry(export=export, by=person(request), now=timezone.now())
        export.refresh_from_db()
        return Response(ExportOut(export).data, status=HTTPStatus.ACCEPTED)


class ExportFileView(ApiView):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, key: str, export_id: int, kind: str) -> StreamingHttpResponse:
        """A file of a finished export: "source", "weights" or "onnx"."""
        export = export_get_for(person(request), key, export_id)
        found = export_file_get(export, kind)
        export_used(export=export, now=timezone.now())
        return file_response(found)


class DescriptionView(ApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, key: str) -> Response:
        """An architecture with its space, costs, graph, layers, and the metrics of the trials you may see."""
        return Response(description_for(architecture_get_for(person(request), key), person(request)))


def _choice(architecture: Architecture, user: User, given: dict[str, Any]) -> Choice:
    """Raises ValidationError at "trial" when there is no such trial of this architecture that `user` may see."""
    trials = trials_of(architecture, user)
    if named := given.get("trial"):
        trials = trials.filter(run_id=named["run"], replica__number=named["replica"], number=named["number"])
    trial = trials.first()
    if trial is None:
        raise ValidationError({"trial": [_("There is no such trial of this architecture.")]})
    choice = choice_of(trial)
    # Without a trial named, any network of that form is meant: the one that is not trained, which all may see.
    return choice if given.get("trial") and given["is_trained"] else choice.untrained
