"""What several runs have in common to be drawn by: objectives, and the reference point of their hypervolume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.runs.models import Run
from nas.core.metric import METRICS, MetricSource
from nas.core.objective import Objective


@dataclass(frozen=True, slots=True)
class Shared:
    """`reference`: per objective, raw units; None where no run knows one yet. `columns[r][i]`: objective i in run r."""

    objectives: tuple[Objective, ...]
    reference: tuple[float | None, ...]
    columns: tuple[tuple[int, ...], ...]

    @property
    def quality(self) -> int | None:
        """The first objective that measures quality, whose distribution is drawn; else the first; None without any."""
        if not self.objectives:
            return None
        of_quality = (i for i, o in enumerate(self.objectives) if METRICS[o.metric].source is MetricSource.QUALITY)
        return next(of_quality, 0)


def shared_of(runs: Sequence[Run], objectives: Sequence[tuple[Objective, ...]]) -> Shared:
    """The objectives all runs have in the same direction, in the order of the first run, and the worst of their references.

    Against one common point hypervolumes can be compared; against a run's own they cannot.
    """
    common = [o for o in objectives[0] if all(o in others for others in objectives)] if runs else []
    columns = tuple(tuple(of.index(o) for o in common) for of in objectives)
    reference: list[float | None] = []
    for i, objective in enumerate(common):
        points = (run.reference_point[places[i]] for run, places in zip(runs, columns, strict=True))
        known = [float(point) for point in points if point is not None]
        reference.append(max(known, key=objective.loss, default=None))
    return Shared(tuple(common), tuple(reference), columns)
