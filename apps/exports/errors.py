"""What a person can ask for in vain."""

from __future__ import annotations

from nas.core.errors import InvalidConfig


class ExportRefused(InvalidConfig):
    """An export that cannot be asked for now; the message says why."""
