"""The start-up state of a run page: what a fresh viewer gets, and what events then change. Points travel as columns."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


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


class ProgressColumns(_Part):
    """The steps at which hypervolume or best changed, by position in the order of telling; the last told position closes it."""

    told_order: list[int]
    hypervolume: list[float | None]
    best: list[float | None]


class ReplicaState(_Part):
    number: int
    num_asked: int
    num_told: int
    trials: TrialColumns
    front: list[int]  # trial numbers, ascending
    progress: ProgressColumns


class RunSnapshot(_Part):
    """`seq`: the last event that is contained. The reducer goes on from there."""

    run: int
    seq: int
    at: str
    state: str
    end_reason: str
    objectives: list[ObjectiveInfo]
    reference_point: list[float | None]
    budget_trials: int | None
    budget_wall_seconds: float | None
    elapsed_seconds: float
    is_simulated: bool
    replicas: list[ReplicaState]
