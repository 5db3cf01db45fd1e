"""What failed has a name; a process that is asked to end has not failed."""

from __future__ import annotations

import pytest

from nas.core.errors import InvalidData, TrialFailed
from nas.core.result import ResultStatus
from nas.jobs.failure import named_failure, process_end


def chained(error: Exception, cause: BaseException) -> Exception:
    try:
        raise error from cause
    except Exception as raised:
        return raised


def test_failures_have_a_status_and_words() -> None:
    assert named_failure(TrialFailed(ResultStatus.DIVERGED, "it grew"))[:2] == (ResultStatus.DIVERGED, "it grew")
    assert named_failure(MemoryError(), "the island")[1] == "the worker's memory was not enough for the island"
    assert named_failure(InvalidData("this is no table"))[:2] == (ResultStatus.CRASHED, "this is no table")
    status, reason, detail = named_failure(ValueError("a\nb"))
    assert (status, reason) == (ResultStatus.CRASHED, "the evaluation crashed: ValueError: a b")
    assert "ValueError" in detail


def test_an_end_of_the_process_inside_compiled_code_is_no_failure() -> None:
    wrapped = chained(SystemError("returned a result with an exception set"), SystemExit(0))
    with pytest.raises(SystemExit):
        named_failure(wrapped)
    assert process_end(chained(RuntimeError("outer"), wrapped)) is not None


def test_other_errors_behind_an_error_change_nothing() -> None:
    assert process_end(chained(SystemError("broken"), ValueError("inner"))) is None
    assert named_failure(chained(SystemError("broken"), ValueError("inner")))[0] is ResultStatus.CRASHED
