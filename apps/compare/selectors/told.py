"""What the replicas of a run were told, as columns: the raw material of every curve of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from apps.runs.models import Run
from apps.runs.states import TRIAL_OK
from apps.runs.work_kinds import work_kinds

Floats = npt.NDArray[np.float64]

_COLUMNS = "replica_id, number, state, is_feasible, on_front, cost_seconds, value_0, value_1, value_2, operator"


@dataclass(frozen=True, slots=True)
class Told:
    """One replica's trials in the order in which its strategy learned of them. All arrays have that length.

    Attributes:
      values: (num_trials, 3) in the metric's own unit, NaN where there is none; objectives in the order of the run.
      is_found: reported by work beside the trials, no evaluation of its own.
      is_ok: ended well. `counts`: also keeps the constraints and has all values the run asked for.
    """

    numbers: npt.NDArray[np.int64]
    values: Floats
    is_found: npt.NDArray[np.bool_]
    is_ok: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.bool_]
    on_front: npt.NDArray[np.bool_]
    cost_seconds: Floats


def told_of(run: Run, *, num_objectives: int) -> dict[int, Told]:
    """Replica id → what it was told; a replica that was told nothing is missing."""
    # 10,000 rows: the model layer would take five times as long as the database.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM runs_trial WHERE run_id = %s AND told_order IS NOT NULL "  # noqa: S608
            "ORDER BY replica_id, told_order",
            [run.pk],
        )
        rows = cursor.fetchall()
    if not rows:
        return {}
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
    replicas = np.array(columns[0], dtype=np.int64)
    is_ok = np.array([state in TRIAL_OK for state in columns[2]], dtype=bool)
    values = np.array(columns[6:9], dtype=np.float64).T
    whole = Told(
        numbers=np.array(columns[1], dtype=np.int64),
        values=values,
        is_found=np.isin(np.array(columns[9], dtype=str), work_kinds()),
        is_ok=is_ok,
        counts=is_ok & np.array(columns[3], dtype=bool) & ~np.isnan(values[:, :num_objectives]).any(axis=1),
        on_front=np.array(columns[4], dtype=bool),
        cost_seconds=np.array(columns[5], dtype=np.float64),
    )
    return {int(replica): _part(whole, replicas == replica) for replica in np.unique(replicas)}


def _part(whole: Told, rows: npt.NDArray[np.bool_]) -> Told:
    return Told(
        numbers=whole.numbers[rows],
        values=whole.values[rows],
        is_found=whole.is_found[rows],
        is_ok=whole.is_ok[rows],
        counts=whole.counts[rows],
        on_front=whole.on_front[rows],
        cost_seconds=whole.cost_seconds[rows],
    )
