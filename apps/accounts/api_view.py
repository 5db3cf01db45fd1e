"""What every view of the API shares: strict JSON in, problem JSON out, and a limit on requests that are turned away."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

from django.core.cache import cache
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from pydantic import ValidationError as PydanticError
from redis.exceptions import RedisError
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, NotFound, Throttled
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.accounts.api_errors import LengthRequired
from apps.accounts.api_operation import ApiOperation
from apps.accounts.api_parser import JsonParser
from apps.accounts.models import User
from nas.core.errors import InvalidConfig

logger = logging.getLogger(__name__)

REFUSALS_PER_MINUTE = 60
Declared = TypeVar("Declared", bound=BaseModel)
Input = TypeVar("Input", bound=BaseSerializer[Any])


class ApiView(APIView):
    """Signed-in people only, by token or session. Subclasses parse, ask apps.accounts.access, call, render."""

    parser_classes: tuple[type[BaseParser], ...] = (JsonParser,)
    schema = ApiOperation()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            # REST framework would take such a body for an empty one and call every field missing.
            raise LengthRequired(_("Send the body with a Content-Length, not in chunks of unknown number."))
        try:
            super().initial(request, *args, **kwargs)
        except (NotAuthenticated, AuthenticationFailed):
            _count_refusal(str(request.META.get("REMOTE_ADDR", "")))
            raise

    @staticmethod
    def given(kind: type[Input], data: Any, **options: Any) -> Any:
        """`data` checked by a serializer. Raises ValidationError."""
        serializer = kind(data=data, **options)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    @staticmethod
    def given_as(kind: type[Declared], data: Any) -> Declared:
        """`data` checked by a pydantic class. Raises InvalidConfig."""
        try:
            return kind.model_validate(data)
        except PydanticError as error:
            raise InvalidConfig.from_pydantic(error) from None


@extend_schema(exclude=True)
class UnknownRoute(ApiView):
    """What no other route matches, as problem JSON like everything else."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


def person(request: Request) -> User:
    """Who asks; known, because no view of the API is open to anonymous requests."""
    assert isinstance(request.user, User)
    return request.user


def _count_refusal(address: str) -> None:
    """Raises Throttled after too many requests of one address without a valid token within a minute."""
    key = f"api-refusals:{address}"
    try:
        cache.add(key, 0, timeout=60)
        count = cache.incr(key)
    except ValueError:  # the minute ended between the two calls
        return
    except (RedisError, OSError):
        logger.warning("refused requests are not counted while the cache does not answer")
        return
    if count > REFUSALS_PER_MINUTE:
        raise Throttled(wait=60, detail=_("Too many requests without a valid token."))
