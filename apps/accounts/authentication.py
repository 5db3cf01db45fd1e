"""API authentication by token: `Authorization: Bearer nas_…`."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.services.token import token_use

KEYWORD = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """A wrong token is refused, never taken for an anonymous request: its sender would not learn what is wrong."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != KEYWORD.lower():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_("Expected the header “Authorization: Bearer nas_…” with one token."))
        token = token_use(text=parts[1], now=timezone.now())
        if token is None:
            raise AuthenticationFailed(_("This token is not known or was revoked."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base registers subclasses
    target_class = "apps.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "nas_…"}
