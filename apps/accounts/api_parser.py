"""Reads JSON bodies: of limited size and depth, and only text that every database can store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apps.accounts.api_errors import PayloadTooLarge

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_DIGITS = 400


class JsonParser(BaseParser):
    """Strict JSON: UTF-8, numbers finite, no name twice in an object. Raises ParseError, or PayloadTooLarge beyond 1 MiB."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise PayloadTooLarge(_("A JSON body may have at most %(limit)d bytes.") % {"limit": MAX_BYTES})
        try:
            value = json.loads(
                raw.decode("utf-8-sig"),
                parse_constant=_refuse_constant,
                parse_int=_int_of_bounded_length,
                object_pairs_hook=_object_without_repeats,
            )
        except (ValueError, RecursionError) as error:
            reason = _("it is nested too deeply") if isinstance(error, RecursionError) else str(error)
            raise ParseError(_("The body is not valid JSON: %(reason)s.") % {"reason": reason}) from None
        _check(value, depth=0)
        return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _int_of_bounded_length(digits: str) -> int:
    # Python refuses more than 4,300 digits too, but with advice that only fits a programmer of this server.
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits; at most {MAX_DIGITS} are possible")
    return int(digits)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two values was meant nobody can know; readers of JSON differ."""
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{repeated!r:.60} stands twice in one object")
    return value


def _check(value: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(_("The body is nested more than %(limit)d levels deep.") % {"limit": MAX_DEPTH})
    if isinstance(value, str):
        # No database column takes the first, no UTF-8 file the second; both come from escapes such as \u0000.
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ParseError(_("NUL characters and lone surrogates are not possible in texts."))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth=depth + 1)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)
