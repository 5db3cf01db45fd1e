"""Names for the ways in which work on a proposal can fail."""

from __future__ import annotations

import traceback

from nas.core.errors import NasError, TrialFailed
from nas.core.result import ResultStatus


def named_failure(error: Exception, what: str = "this architecture") -> tuple[ResultStatus, str, str]:
    """Status, reason in plain words, traceback where it helps. `what` was being worked on.

    Raises SystemExit where that is what lies behind the error: then nothing failed, this process is asked to end.
    """
    if (end := process_end(error)) is not None:
        raise end from None
    if isinstance(error, TrialFailed):
        return error.status, error.reason, ""
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        return ResultStatus.OUT_OF_MEMORY, f"the worker's memory was not enough for {what}", detail
    if isinstance(error, NasError):  # raised on purpose, in words for people
        return ResultStatus.CRASHED, str(error), detail
    text = " ".join(str(error).split()) or "no message"
    return ResultStatus.CRASHED, f"the evaluation crashed: {type(error).__name__}: {text:.300}", detail


def process_end(error: BaseException) -> SystemExit | None:
    """The request to end this process that became `error` on its way: compiled code that is interrupted reports it as a
    SystemError, with what really happened as its cause."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        if isinstance(behind, SystemExit):
            return behind
        seen.add(id(behind))
        behind = behind.__cause__ or (behind.__context__ if isinstance(behind, SystemError) else None)
    return None
