"""How the script of a drawing asks."""

from __future__ import annotations

from django.http import HttpRequest


def wants_drawing_only(request: HttpRequest) -> bool:
    """Whether only the part is wanted that changes when a group is opened or another view chosen."""
    return request.headers.get("x-part") == "drawing"
