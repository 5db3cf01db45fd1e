"""Names for the ways in which work on a proposal can fail."""

from __future__ import annotations

import traceback

from nas.core.errors import NasError, TrialFailed
from nas.core.result import ResultStatus


def named_failure(error: Exception, what: str = "this architecture") -> tuple[ResultStatus, str, str]:
    """Status, reason in plain words, traceback where it helps. `what` was being worked on."""
    if isinstance(error, TrialFailed):
        return error.status, error.reason, ""
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return ResultStatus.OUT_OF_MEMORY, f"the worker's memory was not enough for {what}", detail
    if isinstance(error, NasError):  # raised on purpose, in words for people
        return ResultStatus.CRASHED, str(error), detail
    text = " ".join(str(error).split()) or "no message"
    return ResultStatus.CRASHED, f"the evaluation crashed: {type(error).__name__}: {text:.300}", detail
