"""A comparison of runs as values: what its page draws, what the API answers, what a file of it holds. Points travel as columns.

Arms stand in the order of their runs; a run whose replicas include a random-search baseline has two. `values[i]` and cells
speak of shared objective `i` and arm `i`, by position.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from apps.live.snapshot_schema import ObjectiveInfo

Tone = Literal["warn", "info"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ComparedRun(_Part):
    """`place`: its position, which decides colour and shape. `columns[i]`: where the run itself has shared objective i."""

    id: int
    place: int
    name: str
    team: str
    state: str
    is_simulated: bool
    columns: list[int]


class FrontColumns(_Part):
    """What no trial of the arm dominates in the shared objectives, all its replicas together. Columns of equal length."""

    replica: list[int]
    number: list[int]
    values: list[list[float]]


class CurveBand(_Part):
    """A curve over the replicas of an arm, in steps to the right: columns of nas.analysis.bands.Band, of equal length.

    `counts`: how many replicas have come as far as `positions`. With one replica only these two and `median` are filled.
    """

    positions: list[float]
    counts: list[int]
    median: list[float | None]
    lower: list[float | None]
    upper: list[float | None]
    minimum: list[float | None]
    maximum: list[float | None]


class BestTrial(_Part):
    """The best of the first shared objective that keeps the constraints. Costs are null where they were not recorded."""

    replica: int
    number: int
    architecture: str
    value: float
    params: float | None
    macs: float | None


class Distribution(_Part):
    """Values of the objective that measures quality, ascending, of trials that ended well; `num_failed` more have none."""

    objective: int
    values: list[float]
    num_failed: int


class Arm(_Part):
    """The replicas of a run, or its random-search baseline. `finals`, `hypervolumes`: one per replica that has a value."""

    run: int
    is_baseline: bool
    replicas: list[int]
    num_trials: int
    num_failed: int
    cost_seconds: float
    finals: list[float]
    hypervolumes: list[float]
    best: BestTrial | None
    front: FrontColumns
    best_by_trials: CurveBand
    best_by_cost: CurveBand
    hypervolume_by_trials: CurveBand
    hypervolume_by_cost: CurveBand
    distribution: Distribution | None


class Notice(_Part):
    """Why the runs are not, or only partly, comparable. `differences`: exactly what is not the same, one sentence each."""

    code: str
    tone: Tone
    text: str
    differences: list[str]


class Cell(_Part):
    """One arm's result: the median of its replicas, with lowest and highest where there are several."""

    value: float | None
    lowest: float | None
    highest: float | None
    text: str
    range_text: str
    address: str
    is_best: bool


class ResultRow(_Part):
    """`direction`: "maximise", "minimise", or "" for what is only counted."""

    name: str
    title: str
    unit: str
    direction: str
    cells: list[Cell]


class Difference(_Part):
    """Two arms, by position, on the first shared objective: is the difference of their replicas' final values an accident?

    `p`: two-sided Mann-Whitney test; `p_adjusted`: raised after Holm for all pairs shown. `effect`: A12, the chance that a
    replica of the first arm ends better than one of the second. `sureness`: as in nas.analysis.significance, by `p_adjusted`.
    """

    first: int
    second: int
    median_difference: float | None
    p: float
    p_adjusted: float
    effect: float
    better: Literal["first", "second"] | None
    sureness: Literal["too_few", "chance", "likely", "sure"]


class SettingRow(_Part):
    """One setting in the words of the form; `values[i]` of run i, "–" where a run has no such setting, which is no difference."""

    path: str
    label: str
    values: list[str]
    differs: bool


class SettingGroup(_Part):
    name: str
    title: str
    rows: list[SettingRow]

    @property
    def differs(self) -> bool:
        return any(row.differs for row in self.rows)


class Comparison(_Part):
    """`refusal`: why nothing can be drawn together; "" when something can. `seq`: sum of the runs' event numbers."""

    seq: int
    runs: list[ComparedRun]
    refusal: str
    objectives: list[ObjectiveInfo]
    reference_point: list[float | None]
    notices: list[Notice]
    arms: list[Arm]
    results: list[ResultRow]
    differences: list[Difference]
    settings: list[SettingGroup]
