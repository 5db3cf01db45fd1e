"""The steps of a walk as its page writes them: what was done, what it changed, what it cost and brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format

from apps.live.snapshot_schema import ObjectiveInfo
from apps.runs.lineage_words import change_words, operator_title
from apps.runs.models import Trial
from apps.runs.selectors.ancestry import Step
from apps.runs.states import TRIAL_FAILED
from nas.core.metric import METRICS, Direction

MOST_CHANGES = 5
COSTS = ("params", "macs")


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of a step beside that of its parent. `tone`: "good" or "bad" for a difference, "" where there is none."""

    name: str
    value: float | None
    difference: str
    tone: str


@dataclass(frozen=True, slots=True)
class WalkRow:
    """One step. `changes` are the first of `num_changes`."""

    trial: Trial
    parents: tuple[Trial, ...]
    operator: str
    goes_on: bool
    has_failed: bool
    is_same_network: bool
    changes: tuple[str, ...]
    num_changes: int
    measured: tuple[Measured, ...]

    @property
    def num_more(self) -> int:
        return self.num_changes - len(self.changes)


def walk_rows(steps: Sequence[Step], objectives: Sequence[ObjectiveInfo]) -> list[WalkRow]:
    return [_row(step, objectives) for step in steps]


def _row(step: Step, objectives: Sequence[ObjectiveInfo]) -> WalkRow:
    changes = () if step.goes_on else step.changes
    parent = step.parents[0] if step.parents else None
    names = dict.fromkeys([*(objective.metric for objective in objectives), *COSTS])
    directions = {objective.metric: Direction(objective.direction) for objective in objectives}
    return WalkRow(
        trial=step.trial,
        parents=step.parents,
        operator=operator_title(step.trial.operator),
        goes_on=step.goes_on,
        has_failed=step.trial.state in TRIAL_FAILED,
        is_same_network=parent is not None and parent.architecture_id == step.trial.architecture_id,
        changes=tuple(change_words(change) for change in changes[:MOST_CHANGES]),
        num_changes=len(changes),
        measured=tuple(_measured(name, step.trial, parent, directions.get(name)) for name in names),
    )


def _measured(name: str, trial: Trial, parent: Trial | None, direction: Direction | None) -> Measured:
    value = trial.metrics.get(name)
    before = None if parent is None else parent.metrics.get(name)
    if value is None or before is None:
        return Measured(name, value, "", "")
    difference = value - before
    if not difference:
        return Measured(name, value, "±0", "")
    wanted = direction or METRICS[name].direction
    is_better = (difference > 0) == (wanted is Direction.MAXIMISE)
    return Measured(name, value, _difference_text(name, difference, before), "good" if is_better else "bad")


def _difference_text(name: str, difference: float, before: float) -> str:
    """A share such as accuracy by how much; anything else as a part of what it was."""
    sign = "+" if difference > 0 else "−"
    if name.endswith("accuracy"):
        return f"{sign}{number_format(abs(difference), 4)}"
    if not before:
        return f"{sign}{number_format(abs(difference))}"
    percent = 100 * abs(difference / before)
    return f"{sign}{number_format(percent, 0 if percent >= 10 else 1)} %"
