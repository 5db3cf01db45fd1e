"""The start-up state of a run page: what a fresh viewer gets, and what events then change. Points travel as columns.

A reducer that applies events to it must be idempotent: a snapshot may already contain events that get their number only
afterwards. So an event sets (state of trial n, front membership, step t of the curves) and never counts up; counts are
derived from the columns. Snapshot + events equals a fresh snapshot but for `at` and `elapsed_seconds`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from apps.live.events import FindingRow, InterventionRow, WorkRow


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectiveInfo(_Part):
    metric: str
    title: str
    unit: str
    direction: str  # "maximise" | "minimise"
    is_log: bool


class TrialColumns(_Part):
    """Every trial of one replica in the order of its number; columns of equal length. `values[i]` is objective i."""

    number: list[int]
    state: list[str]
    values: list[list[float | None]]
    is_feasible: list[bool]
    is_reused: list[bool]
    is_found: list[bool]


class ProgressColumns(_Part):
    """The curves, flat parts left out: the steps at which hypervolume or best differ from the step kept before, and the last step.

    To append step s: when the last kept step does not differ from the one before it, drop it; then keep s.
    """

    told_order: list[int]
    hypervolume: list[float | None]
    best: list[float | None]
    spent_seconds: list[float]


class ReplicaState(_Part):
    """`is_baseline`: random search beside the run's own strategy, with the same budget."""

    number: int
    is_baseline: bool
    trials: TrialColumns
    front: list[int]  # trial numbers, ascending
    progress: ProgressColumns
    interventions: list[InterventionRow]  # in their order
    findings: list[FindingRow]  # in their order
    work: WorkRow | None  # what was asked for last that is no trial


class RunSnapshot(_Part):
    """`seq`: the last event that is contained. The reducer goes on from there. The budget is that of the first replica,
    which meets a change of it when the others do. `most_evaluations`: of a replica of the search itself, where its strategy
    ends by itself."""

    run: int
    seq: int
    at: str
    state: str
    end_reason: str
    objectives: list[ObjectiveInfo]
    reference_point: list[float | None]
    budget_trials: int | None
    budget_wall_seconds: float | None
    most_evaluations: int | None
    elapsed_seconds: float
    is_simulated: bool
    replicas: list[ReplicaState]
