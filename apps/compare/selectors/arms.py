"""The arms of a comparison: what each run, and its random-search baseline, reached and when. Kept until the run goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.compare.schema import Arm, BestTrial, CurveBand, Distribution, FrontColumns
from apps.compare.selectors.curves import ReplicaCurves, as_band, losses_of, replica_curves
from apps.compare.selectors.shared import Shared
from apps.compare.selectors.told import Told, told_of
from apps.live.schema_tag import schema_tag
from apps.runs.models import Replica, Run, Trial
from nas.analysis.pareto import non_dominated
from nas.core.metric import Direction

KEEP_SECONDS = 3600
_NOTHING = CurveBand(positions=[], counts=[], median=[], lower=[], upper=[], minimum=[], maximum=[])


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a run is compared. `columns[i]`: where it has shared objective i; `num_objectives`: how many it asked for."""

    shared: Shared
    columns: tuple[int, ...]
    num_objectives: int


def arms_of(run: Run, basis: Basis, *, seq: int) -> list[Arm]:
    """The run's own replicas as one arm, its baseline (where it has one) as another. Without distributions.

    Made anew only when the run has events that the kept ones lack, or is compared by something else.
    """
    text = repr((basis.shared.objectives, basis.shared.reference, basis.columns))
    key = f"compare:{schema_tag(Arm)}:{run.pk}:{seq}:{run.state}:{sha256(text.encode()).hexdigest()[:24]}"
    try:
        kept: list[str] | None = cache.get(key)
    except RedisError:
        kept = None
    if kept is not None:
        return [Arm.model_validate_json(text) for text in kept]
    told = told_of(run, num_objectives=basis.num_objectives)
    arms = [_arm(run, members, told, basis) for members in _groups(run)]
    try:
        cache.set(key, [arm.model_dump_json() for arm in arms], KEEP_SECONDS)
    except RedisError:
        return arms
    return arms


def distribution_of(run: Run, arm: Arm, basis: Basis) -> Distribution:
    """Every value of the objective that measures quality. Long: left out of what a page asks for again and again."""
    assert basis.shared.quality is not None
    told = told_of(run, num_objectives=basis.num_objectives)
    members = [told[replica.pk] for replica in _members(run, arm) if replica.pk in told]
    column = basis.columns[basis.shared.quality]
    found = [value for one in members for value in one.values[one.is_ok, column].tolist() if not np.isnan(value)]
    num_ended = sum(len(one.numbers) for one in members)
    return Distribution(objective=basis.shared.quality, values=sorted(found), num_failed=num_ended - len(found))


def _groups(run: Run) -> list[list[Replica]]:
    """The run's own replicas, then its random-search baseline."""
    replicas = list(run.replicas.order_by("number"))
    own = [replica for replica in replicas if not replica.is_baseline]
    baseline = [replica for replica in replicas if replica.is_baseline]
    return [own, baseline] if baseline else [own]


def _members(run: Run, arm: Arm) -> list[Replica]:
    return list(run.replicas.filter(number__in=arm.replicas).order_by("number"))


def _arm(run: Run, replicas: Sequence[Replica], told: Mapping[int, Told], basis: Basis) -> Arm:
    shared = basis.shared
    members = {replica.number: told[replica.pk] for replica in replicas if replica.pk in told}
    curves = [replica_curves(one, shared, basis.columns) for one in members.values()] if shared.objectives else []
    finals = [curve.best_by_trials.values[-1] for curve in curves]
    volumes = [curve.hypervolume_by_trials.values[-1] for curve in curves if curve.hypervolume_by_trials.values]
    return Arm(
        run=run.pk,
        is_baseline=bool(replicas) and replicas[0].is_baseline,
        replicas=[replica.number for replica in replicas],
        num_trials=sum(int((~one.is_found).sum()) for one in members.values()),
        num_failed=sum(replica.num_failed for replica in replicas),
        cost_seconds=float(sum(one.cost_seconds.sum() for one in members.values())),
        finals=[value for value in finals if value is not None],
        hypervolumes=[value for value in volumes if value is not None],
        best=_best(run, members, basis),
        front=_front(members, basis),
        **_bands(curves, shared),
        distribution=None,
    )


def _bands(curves: Sequence[ReplicaCurves], shared: Shared) -> dict[str, CurveBand]:
    names = ("best_by_trials", "best_by_cost", "hypervolume_by_trials", "hypervolume_by_cost")
    if not curves:
        return dict.fromkeys(names, _NOTHING)
    is_larger_better = shared.objectives[0].direction is Direction.MAXIMISE
    return {
        name: as_band(
            [getattr(curve, name) for curve in curves],
            is_larger_better=name.startswith("hypervolume") or is_larger_better,
        )
        for name in names
    }


def _front(members: Mapping[int, Told], basis: Basis) -> FrontColumns:
    """In the order of the last shared objective but the first, as a staircase is drawn: by the second, then the first."""
    shared, columns = basis.shared, basis.columns
    if not shared.objectives:
        return FrontColumns(replica=[], number=[], values=[])
    # Where the run asked for nothing else, only what is on the front of a replica can be on that of all.
    asked_for_more = len(columns) < basis.num_objectives
    rows = [
        (number, place)
        for number, one in members.items()
        for place in np.flatnonzero(one.counts & (one.on_front | asked_for_more)).tolist()
    ]
    losses = {number: losses_of(one, shared.objectives, columns) for number, one in members.items()}
    chosen = [rows[i] for i in non_dominated([losses[number][place].tolist() for number, place in rows])]
    across = 1 if len(shared.objectives) > 1 else 0
    chosen.sort(key=lambda row: (members[row[0]].values[row[1], columns[across]], row))
    return FrontColumns(
        replica=[number for number, _ in chosen],
        number=[int(members[number].numbers[place]) for number, place in chosen],
        values=[[float(members[number].values[place, column]) for number, place in chosen] for column in columns],
    )


def _best(run: Run, members: Mapping[int, Told], basis: Basis) -> BestTrial | None:
    shared = basis.shared
    found: tuple[float, int, int] | None = None
    for replica, one in members.items():
        if not shared.objectives or not one.counts.any():
            continue
        losses = np.where(one.counts, losses_of(one, shared.objectives, basis.columns)[:, 0], np.inf)
        place = int(losses.argmin())
        found = min(filter(None, (found, (float(losses[place]), replica, int(one.numbers[place])))))
    if found is None:
        return None
    loss, replica, number = found
    trial = Trial.objects.select_related("architecture").get(run=run, replica__number=replica, number=number)
    return BestTrial(
        replica=replica,
        number=number,
        architecture=trial.architecture.key,
        value=shared.objectives[0].loss(loss),
        params=trial.metrics.get("params"),
        macs=trial.metrics.get("macs"),
    )
