"""Every error of the API as problem JSON (RFC 9457). The one place that maps our errors to HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.accounts.errors import AccountRefused
from apps.datasets.errors import StillInUse, UploadRefused
from apps.runs.errors import TransitionRefused
from nas.core.errors import (
    ConstraintLeavesNothing,
    FieldError,
    InvalidConfig,
    InvalidData,
    InvalidGenotype,
    UnknownName,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

# Stable names of problems, so that a program need not read the words. Other statuses have "about:blank".
INVALID = "urn:nasweb:problem:invalid"
REFUSED_BY_STATE = "urn:nasweb:problem:refused-by-state"
TOO_LARGE = "urn:nasweb:problem:too-large"


class PayloadTooLarge(exceptions.APIException):
    """More bytes than are accepted. The detail says how many are."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class LengthRequired(exceptions.APIException):
    """A body of unknown length."""

    status_code = HTTPStatus.LENGTH_REQUIRED


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "about:blank",
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem JSON response."""
    body: dict[str, Any] = {"type": kind, "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER. None, which makes it a server error, for what is no answer to a request."""
    set_rollback()
    answer: Response | None = None
    match error:
        case InvalidConfig() | InvalidGenotype():
            answer = _invalid(list(error.errors))
        case AccountRefused() | UploadRefused():
            answer = _invalid([FieldError(error.field, str(error))])
        case UnknownName() | InvalidData() | ConstraintLeavesNothing():
            answer = _invalid([FieldError("", str(error))])
        case exceptions.ValidationError():
            answer = _invalid(list(_flat(error.detail)))
        case TransitionRefused() | StillInUse():
            answer = problem(HTTPStatus.CONFLICT, str(error), kind=REFUSED_BY_STATE)
        case Http404() | exceptions.NotFound():
            # The same words for what is not there and what is not shown.
            answer = problem(HTTPStatus.NOT_FOUND, _("There is nothing here that you may see."))
        case PayloadTooLarge() | RequestDataTooBig() | TooManyFilesSent():
            answer = problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error), kind=TOO_LARGE)
        case PermissionDenied():
            answer = problem(HTTPStatus.FORBIDDEN, _("You may not do this."))
        case exceptions.APIException():
            answer = problem(error.status_code, str(error.detail), headers=_headers(error))
    return answer


def _invalid(errors: list[FieldError]) -> Response:
    detail = "; ".join(f"{e.field}: {e.message}" if e.field else e.message for e in errors)
    return problem(HTTPStatus.BAD_REQUEST, detail, kind=INVALID, errors=errors)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _flat(detail: Any, path: str = "") -> Iterator[FieldError]:
    """REST framework's nested errors as dotted paths."""
    match detail:
        case dict():
            for name, inner in detail.items():
                inner_path = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
                yield from _flat(inner, inner_path)
        case list():
            for place, inner in enumerate(detail):
                # A list of texts belongs to the field; a list of objects has one entry per item.
                yield from _flat(inner, path if isinstance(inner, str) else f"{path}.{place}".lstrip("."))
        case _:
            yield FieldError(path, str(detail))
