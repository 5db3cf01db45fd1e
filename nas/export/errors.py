"""What can go wrong with an export, with a name."""

from __future__ import annotations

from nas.core.errors import NasError


class ExportFailed(NasError):
    """The file was written but is not the network it was made from, or it could not be written. The message is the reason."""
