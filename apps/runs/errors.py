"""What the services of this app refuse, in words fit for a person."""

from __future__ import annotations


class TransitionRefused(Exception):
    """The run's state does not allow what was asked for. The message says what would."""


class Superseded(Exception):
    """Somebody else moved the replica first; the work of this advance is thrown away and begun again."""
