"""What a service of this room refuses, in words for the person who asked."""

from __future__ import annotations


class AccountRefused(Exception):
    """A change to teams, members or people that is not allowed. `field` names the input at fault, "" for none."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        self.message = message
        super().__init__(message)
