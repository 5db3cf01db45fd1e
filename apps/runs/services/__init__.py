"""Writes: one function per verb, keyword-only; a view, an API class, a task and a command are doors to the same service."""

from apps.runs.services.create import run_create
from apps.runs.services.steer import (
    budget_change,
    constraints_change,
    operations_forbid,
    parallelism_change,
    run_steer,
)
from apps.runs.services.verbs import (
    architecture_add,
    run_cancel,
    run_delete,
    run_pause,
    run_resume,
    run_retry_failed,
    run_stop,
)

__all__ = [
    "architecture_add",
    "budget_change",
    "constraints_change",
    "operations_forbid",
    "parallelism_change",
    "run_cancel",
    "run_create",
    "run_delete",
    "run_pause",
    "run_resume",
    "run_retry_failed",
    "run_steer",
    "run_stop",
]
