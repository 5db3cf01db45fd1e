"""Bodies that are too large are refused before the application reads them."""

from __future__ import annotations

from typing import Any

import pytest

from nasweb.body_limit import BodyLimit


class Inner:
    """An application that reads the whole body and answers with its length."""

    def __init__(self) -> None:
        self.read = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            self.read += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(self.read).encode()})


async def ask(chunks: list[bytes], *, declared: int | None) -> tuple[int, int]:
    """(status, bytes that the application saw) with a limit of 10 bytes."""
    inner, left, sent = Inner(), list(chunks), []
    headers = [] if declared is None else [(b"content-length", str(declared).encode())]

    async def receive() -> Any:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    await BodyLimit(inner, limit_bytes=10)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], inner.read


@pytest.mark.parametrize(
    ("chunks", "declared", "status", "read"),
    [
        ([b"x" * 10], 10, 200, 10),
        ([b"x" * 11], 11, 413, 0),
        ([b"x" * 6, b"x" * 6, b"x" * 6], None, 413, 6),  # no length was declared: counted as it arrives
        ([b"x" * 6, b"x" * 6], 3, 413, 6),  # a length that was not true
    ],
)
async def test_it_lets_through_what_fits(chunks: list[bytes], declared: int | None, status: int, read: int) -> None:
    assert await ask(chunks, declared=declared) == (status, read)
