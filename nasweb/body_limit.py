"""Refuses a request whose body is too large before Django reads it: under ASGI Django first copies a whole body to disk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

Message = Any  # ASGI's dictionaries have no useful static type; Django and Channels annotate them differently
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware. A declared length is checked at once, an undeclared one while it arrives; the answer is 413."""

    def __init__(self, inner: Application, *, limit_bytes: int) -> None:
        self.inner = inner
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self.limit_bytes:
            await self._refuse(scope, send)
            return
        received = 0
        has_begun = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit_bytes:
                raise _TooLarge
            return message

        async def noticed(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.inner(scope, counted, noticed)
        except _TooLarge:
            if not has_begun:
                await self._refuse(scope, send)

    async def _refuse(self, scope: Any, send: Send) -> None:
        limit = f"{self.limit_bytes / 1_000_000:,.0f} MB"
        text = f"The upload is too large; at most {limit} are accepted."
        kind = b"text/plain; charset=utf-8"
        if scope.get("path", "").startswith("/api/"):
            problem = {"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": text, "errors": []}
            text, kind = json.dumps(problem), b"application/problem+json"
        headers = [(b"content-type", kind), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})
