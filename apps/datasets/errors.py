"""Why an upload or a deletion was refused, in words for people."""

from __future__ import annotations


class UploadRefused(Exception):
    """The files cannot be taken. `field` names the form field it is about ("files", "name")."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class StillInUse(Exception):
    """What should be deleted is being used by a run that has not ended."""
