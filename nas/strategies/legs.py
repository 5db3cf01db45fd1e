"""Legs of work that build on each other: when one that failed is worth another try."""

from __future__ import annotations

from nas.core.result import ResultStatus

MAX_LOST_LEGS = 3
"""Legs that may end by no fault of the work (a lost worker) before it is given up."""

HOPELESS = frozenset(
    {
        ResultStatus.DIVERGED,
        ResultStatus.OUT_OF_MEMORY,
        ResultStatus.TIMED_OUT,
        ResultStatus.CRASHED,
        ResultStatus.INFEASIBLE,
    }
)
"""Ends of a leg that would come again."""
