"""The Origin check of WebSockets: cookies travel with a cross-site handshake, so the page that opens a socket must be ours."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin_is_allowed(*, origin: str | None, host: str | None) -> bool:
    """Whether a handshake with these `Origin` and `Host` headers comes from a page of this site.

    The host must be one of ALLOWED_HOSTS and name and port of both must agree, or the origin stands in CSRF_TRUSTED_ORIGINS.
    A handshake without an origin is refused: every browser sends one.
    """
    if not origin or not host:
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        page, server = urlsplit(origin), urlsplit(f"//{host}")
        if page.scheme not in {"http", "https"} or page.hostname is None or server.hostname is None:
            return False
        default_port = DEFAULT_PORTS[page.scheme]
        same = (page.hostname, page.port or default_port) == (server.hostname, server.port or default_port)
    except ValueError:  # a port that is no number, an unclosed bracket
        return False
    name = f"[{server.hostname}]" if ":" in server.hostname else server.hostname
    return same and validate_host(name, settings.ALLOWED_HOSTS)


class SameOriginOnly:
    """ASGI middleware that denies a WebSocket handshake from another site."""

    def __init__(self, inner: Any) -> None:  # ASGI applications have no useful static type in Channels
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}
        if origin_is_allowed(origin=headers.get(b"origin"), host=headers.get(b"host")):
            return await self.inner(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)  # type: ignore[arg-type]  # ASGI scopes are plain dicts
