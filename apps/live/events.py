"""Every event of a run's log: one class each, undeclared fields forbidden. The TypeScript types are generated from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class RunEvent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunChanged(RunEvent):
    """The run's state or its counts changed."""

    type: Literal["run_changed"] = "run_changed"
    state: str
    end_reason: str = ""
    by: str = ""  # the person who asked for it, "" when nobody did


class TrialsAdded(RunEvent):
    """New trials wait for a worker. Columns of equal length; `replica` is one for all."""

    type: Literal["trials_added"] = "trials_added"
    replica: int
    numbers: list[int]
    operators: list[str]


class TrialStarted(RunEvent):
    type: Literal["trial_started"] = "trial_started"
    replica: int
    number: int
    worker: str


class TrialRow(RunEvent):
    """What the page knows of one ended trial. `values` are the run's objectives in order, null where there is none."""

    number: int
    state: str
    values: list[float | None]
    is_feasible: bool
    is_reused: bool = False  # the result was known already
    is_found: bool = False  # found along the way by work that is no trial: no evaluation, and none of the budget's
    reason: str = ""


class TrialsFinished(RunEvent):
    """Trials ended, durable from now on."""

    type: Literal["trials_finished"] = "trials_finished"
    replica: int
    trials: list[TrialRow]


class TrialsRequeued(RunEvent):
    """A worker was lost or interrupted; these trials wait again. Nothing is counted twice."""

    type: Literal["trials_requeued"] = "trials_requeued"
    replica: int
    numbers: list[int]
    worker: str
    reason: Literal["lost", "interrupted"]


class ProgressRow(RunEvent):
    """The replica after it learned of one more trial: position in the order of telling, hypervolume, best value, device
    seconds spent."""

    told_order: int
    number: int
    hypervolume: float | None
    best: float | None
    spent_seconds: float


class FrontChanged(RunEvent):
    """The strategy learned of trials: the curves go on, and the front may have changed. `added`, `removed`: trial numbers."""

    type: Literal["front_changed"] = "front_changed"
    replica: int
    progress: list[ProgressRow]
    added: list[int]
    removed: list[int]


class ReferencePointFixed(RunEvent):
    """The hypervolume's reference point is known from now on: objectives without a worst value got theirs from the first trials."""

    type: Literal["reference_point_fixed"] = "reference_point_fixed"
    reference_point: list[float | None]


class CurveGrew(RunEvent):
    """A trial's learning curve has points up to `step`; whoever looks at it fetches them by cursor."""

    type: Literal["curve_grew"] = "curve_grew"
    replica: int
    number: int
    step: int


class ViewsChanged(RunEvent):
    """The strategy's pictures of its inside were renewed."""

    type: Literal["views_changed"] = "views_changed"
    replica: int
    names: list[str]


class WorkRow(RunEvent):
    """Work that is no trial: a leg of a supernet's training, scores with its weights, an island's turn.

    `number` is that of its proposal. `state`: "queued", "running", or how it ended, with the `reason`. `done` of `total` are in
    units of the kind (epochs of a supernet, architectures that are scored). `loss`: of the training, `seconds`: of it so far.
    All are null while nothing is known.
    """

    number: int
    kind: str
    state: str
    worker: str = ""
    done: float | None = None
    total: float | None = None
    loss: float | None = None
    seconds: float | None = None
    reason: str = ""


class WorkChanged(WorkRow):
    """Work that is no trial was asked for, began, got on, or ended."""

    type: Literal["work_changed"] = "work_changed"
    replica: int


class FindingRow(RunEvent):
    """What the strategy noticed about its own search. `number` counts from 0 in its replica; `told_before`: the trials that it
    had learned of. `stops`: it ends something because of it."""

    number: int
    told_before: int
    kind: str
    text: str
    stops: bool


class Noticed(FindingRow):
    type: Literal["noticed"] = "noticed"
    replica: int


class InterventionRow(RunEvent):
    """What a person changed about the running search.

    `number` counts the changes of a replica from 0, `told_before` the trials that its strategy had learned of. Only what the
    kind is about is filled in: "forbid_operations" names all that are forbidden from then on, "change_constraints" all that
    hold, "change_budget" the limits, null where there is none.
    """

    number: int = -1  # of events that were stored before changes were counted
    told_before: int = 0
    kind: str
    by: str
    operations: list[str] = []
    constraints: list[str] = []
    parallelism: int | None = None
    budget_trials: int | None = None
    budget_wall_seconds: float | None = None
    num_trials: int = 0  # that are tried again


class Intervened(InterventionRow):
    """A person changed the running search: the replica holds to it from now on."""

    type: Literal["intervened"] = "intervened"
    replica: int


AnyEvent = Annotated[
    RunChanged
    | TrialsAdded
    | TrialStarted
    | TrialsFinished
    | TrialsRequeued
    | FrontChanged
    | ReferencePointFixed
    | CurveGrew
    | ViewsChanged
    | WorkChanged
    | Noticed
    | Intervened,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class Frame(BaseModel):
    """What goes over the socket: the events `from_seq` … `to_seq` of one run, none left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["frame"] = "frame"
    from_seq: int
    to_seq: int
    at: str  # ISO 8601, UTC
    events: list[AnyEvent]


class Stale(BaseModel):
    """The log no longer holds (or holds too much of) what follows the client's seq: fetch a new snapshot."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: Literal["stale"] = "stale"
    seq: int
