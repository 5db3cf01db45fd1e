"""Kinds of jobs whose work is no trial: what trains a supernet, scores with its weights, advances an island."""

from __future__ import annotations

from nas.core.proposal import EVALUATE
from nas.registry import job_kinds

REPORT = "report"
"""The kind that measures test metrics of trials when the search is over."""

OF_TRIALS = frozenset({EVALUATE, REPORT})


def is_work(kind: str) -> bool:
    """Whether jobs of that kind are shown by themselves; those that evaluate or report are shown as their trials."""
    return kind not in OF_TRIALS


def work_kinds() -> tuple[str, ...]:
    """Those that are registered. A trial that such a job reported has the kind's name as its operator."""
    return tuple(name for name in job_kinds if is_work(name))
