"""The states of runs, jobs, trials, and the table of allowed moves."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nas.core.result import ResultStatus


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPING = "stopping", _("Stopping")  # no new trials; those that run are finished
    REPORTING = "reporting", _("Reporting")  # search over; test metrics of the reported architectures are measured
    COMPLETED = "completed", _("Completed")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


RUN_TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.CANCELLED, RunState.FAILED}),
    RunState.RUNNING: frozenset(
        {
            RunState.PAUSED,
            RunState.STOPPING,
            RunState.REPORTING,
            RunState.COMPLETED,
            RunState.CANCELLED,
            RunState.FAILED,
        }
    ),
    RunState.PAUSED: frozenset({RunState.RUNNING, RunState.STOPPING, RunState.CANCELLED, RunState.FAILED}),
    RunState.STOPPING: frozenset({RunState.REPORTING, RunState.STOPPED, RunState.CANCELLED, RunState.FAILED}),
    RunState.REPORTING: frozenset({RunState.COMPLETED, RunState.STOPPED, RunState.CANCELLED, RunState.FAILED}),
    RunState.COMPLETED: frozenset({RunState.RUNNING}),  # retry failed
    RunState.STOPPED: frozenset({RunState.RUNNING}),
    RunState.CANCELLED: frozenset(),
    RunState.FAILED: frozenset(),
}

RUN_ENDED = frozenset({RunState.COMPLETED, RunState.STOPPED, RunState.CANCELLED, RunState.FAILED})
RUN_WORKING = frozenset({RunState.RUNNING, RunState.STOPPING, RunState.REPORTING})
"""States in which jobs may be claimed."""

RUN_HINTS: Mapping[RunState, str | Promise] = {
    RunState.QUEUED: _("The search begins as soon as the control side has made its first proposals."),
    RunState.PAUSED: _("No new trials begin; what had begun is finished."),
    RunState.STOPPING: _("No new trials begin. When those that run have ended, the best are measured on test data."),
    RunState.REPORTING: _("The search is over. The best of the front are being measured on test data."),
}
"""What a state means for who looks at the run, where its name does not say it."""


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class TrialState(models.TextChoices):
    """Waiting and running, then the named ends of nas.core.result.ResultStatus."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETED = ResultStatus.COMPLETED.value, _("Completed")
    STOPPED_EARLY = ResultStatus.STOPPED_EARLY.value, _("Stopped early")
    INFEASIBLE = ResultStatus.INFEASIBLE.value, _("Infeasible")
    DIVERGED = ResultStatus.DIVERGED.value, _("Diverged")
    OUT_OF_MEMORY = ResultStatus.OUT_OF_MEMORY.value, _("Out of memory")
    TIMED_OUT = ResultStatus.TIMED_OUT.value, _("Timed out")
    CRASHED = ResultStatus.CRASHED.value, _("Crashed")
    LOST_WORKER = ResultStatus.LOST_WORKER.value, _("Lost worker")
    CANCELLED = ResultStatus.CANCELLED.value, _("Cancelled")


TRIAL_OPEN = frozenset({TrialState.QUEUED, TrialState.RUNNING})
TRIAL_OK = frozenset({TrialState.COMPLETED, TrialState.STOPPED_EARLY})
TRIAL_FAILED = frozenset(TrialState) - TRIAL_OPEN - TRIAL_OK


class AttemptOutcome(models.TextChoices):
    DONE = "done", _("Done")
    INTERRUPTED = "interrupted", _("Interrupted")
    LOST = "lost", _("Lost")
    CRASHED = "crashed", _("Crashed")
