"""The curves of one replica: best value and hypervolume so far, over trials and over what was spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.compare.schema import CurveBand
from apps.compare.selectors.shared import Shared
from apps.compare.selectors.told import Floats, Told
from nas.analysis.bands import BestSoFar, band
from nas.analysis.hypervolume import Hypervolume2D, hypervolume
from nas.analysis.pareto import Front
from nas.core.metric import Direction
from nas.core.objective import Objective


@dataclass(frozen=True, slots=True)
class ReplicaCurves:
    """`hypervolume_…` have no position where there is none: one objective, or no reference point yet."""

    best_by_trials: BestSoFar
    best_by_cost: BestSoFar
    hypervolume_by_trials: BestSoFar
    hypervolume_by_cost: BestSoFar


def replica_curves(told: Told, shared: Shared, columns: Sequence[int]) -> ReplicaCurves:
    """`columns[i]`: where this run has shared objective i."""
    losses = losses_of(told, shared.objectives, columns)
    volumes = hypervolumes(losses, told.counts, _reference_losses(shared))
    spent = np.cumsum(told.cost_seconds)
    best = np.minimum.accumulate(np.where(told.counts, losses[:, 0], np.inf))
    bests = np.where(np.isfinite(best), best, np.nan)
    if shared.objectives[0].direction is Direction.MAXIMISE:
        bests = -bests
    after = np.arange(1, len(bests) + 1, dtype=np.float64)
    return ReplicaCurves(
        best_by_trials=_steps(after, bests),
        best_by_cost=_steps(spent, bests),
        hypervolume_by_trials=_steps(after, volumes),
        hypervolume_by_cost=_steps(spent, volumes),
    )


def losses_of(told: Told, objectives: Sequence[Objective], columns: Sequence[int]) -> Floats:
    """(num_trials, num_objectives), smaller is better; NaN where there is no value."""
    signs = np.array([-1.0 if o.direction is Direction.MAXIMISE else 1.0 for o in objectives])
    losses: Floats = told.values[:, list(columns)] * signs
    return losses


def hypervolumes(losses: Floats, counts: npt.NDArray[np.bool_], reference: Sequence[float] | None) -> Floats:
    """(num_trials,): the hypervolume after each trial. Empty with fewer than two objectives or without a reference."""
    if reference is None or losses.shape[1] < 2:
        return np.empty(0)
    changes = _growing_2d(losses, counts, reference) if len(reference) == 2 else _growing(losses, counts, reference)
    volumes = np.full(len(losses), np.nan)
    for place, value in changes:
        volumes[place] = value
    # Between two changes the last one holds.
    last = np.maximum.accumulate(np.where(np.isnan(volumes), 0, np.arange(len(volumes))))
    held: Floats = np.nan_to_num(volumes[last])
    return held


def as_band(curves: Sequence[BestSoFar], *, is_larger_better: bool) -> CurveBand:
    found = band(curves, is_larger_better=is_larger_better)
    is_single = len(curves) == 1
    outer = {name: [] if is_single else list(getattr(found, name)) for name in ("lower", "upper", "minimum", "maximum")}
    return CurveBand(positions=list(found.positions), counts=list(found.counts), median=list(found.median), **outer)


def _reference_losses(shared: Shared) -> list[float] | None:
    losses = [o.loss(point) for o, point in zip(shared.objectives, shared.reference, strict=True) if point is not None]
    return losses if len(losses) == len(shared.objectives) else None


def _growing_2d(losses: Floats, counts: npt.NDArray[np.bool_], reference: Sequence[float]) -> list[tuple[int, float]]:
    sweep = Hypervolume2D((reference[0], reference[1]))
    changes = []
    rows = np.flatnonzero(counts)
    for place, (first, second) in zip(rows.tolist(), losses[rows].tolist(), strict=True):
        if sweep.add((first, second)) > 0:
            changes.append((place, sweep.value))
    return changes


def _growing(losses: Floats, counts: npt.NDArray[np.bool_], reference: Sequence[float]) -> list[tuple[int, float]]:
    front: Front[int] = Front(losses.shape[1])
    return [
        (place, hypervolume(front.losses(), reference))
        for place in np.flatnonzero(counts).tolist()
        if front.add(place, losses[place].tolist())
    ]


def _steps(positions: Floats, values: Floats) -> BestSoFar:
    """Only where the value changes, and the last: the curve is flat between them. NaN: nothing found yet."""
    if not len(values):
        return BestSoFar((), ())
    # Of several at one position (trials that cost nothing) the last holds.
    is_last = np.append(positions[:-1] < positions[1:], True)
    positions, values = positions[is_last], values[is_last]
    is_kept = np.ones(len(values), dtype=bool)
    is_kept[1:] = (values[1:] != values[:-1]) & ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
    is_kept[-1] = True
    found = [None if np.isnan(value) else value for value in values[is_kept].tolist()]
    return BestSoFar(tuple(positions[is_kept].tolist()), tuple(found))
