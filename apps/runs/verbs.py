"""What a person can do to a run, as pages and API offer it: word, icon, states, question, service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.runs import services
from apps.runs.models import Run
from apps.runs.states import RunState


@dataclass(frozen=True, slots=True)
class Verb:
    """`states`: in which the button is shown; the service decides anew. `question`: asked first, "" when it can be undone.
    `needs_failed`: only while a trial has failed."""

    name: str
    label: str | Promise
    icon: str
    states: frozenset[RunState]
    done: str | Promise
    service: Callable[..., Any]
    question: str | Promise = ""
    needs_failed: bool = False

    @property
    def states_text(self) -> str:
        return " ".join(sorted(self.states))

    def is_shown(self, state: str, *, has_failed: bool) -> bool:
        return state in self.states and (has_failed or not self.needs_failed)

    def carry_out(self, *, run: Run, by: User, now: datetime) -> None:
        """Raises TransitionRefused."""
        self.service(run=run, by=by, now=now)


_UNDER_WAY = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.PAUSED})

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("pause", _("Pause"), "pause", frozenset({RunState.RUNNING}), _("The run is paused."), services.run_pause),
        Verb("resume", _("Resume"), "play", frozenset({RunState.PAUSED}), _("The run goes on."), services.run_resume),
        Verb(
            "stop",
            _("Stop"),
            "stop",
            _UNDER_WAY,
            _("No new trials begin; those that run are finished."),
            services.run_stop,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "cancel",
            _UNDER_WAY | {RunState.STOPPING, RunState.REPORTING},
            _("The run is cancelled."),
            services.run_cancel,
            _(
                "Cancel this run? Trials that are running now are lost; finished ones stay. A cancelled run cannot go on."
            ),
        ),
        Verb(
            "retry-failed",
            _("Retry failed"),
            "retry",
            frozenset({RunState.RUNNING, RunState.PAUSED, RunState.COMPLETED, RunState.STOPPED}),
            _("The failed trials are tried again, each as a new trial."),
            services.run_retry_failed,
            needs_failed=True,
        ),
    )
}
