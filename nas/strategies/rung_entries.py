"""Who was judged at a rung, and in which order they go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nas.analysis.ranking import crowding_distances, non_dominated_ranks
from nas.core.proposal import Genotype
from nas.core.setup import SearchSetup


@dataclass(slots=True)
class Entry:
    """A training that was judged at a rung. Without `metrics` it failed; without a genotype it can no longer go on."""

    id: int
    inner: int
    root: int
    genotype: Genotype | None
    metrics: Mapping[str, float] | None
    is_promoted: bool = False


def best_first(entries: Sequence[Entry], setup: SearchSetup) -> list[Entry]:
    """Least violation of the constraints first, then by front, the less crowded first, then the earlier; failed ones last.

    With one objective: by its value. Constrained domination as in Deb et al. 2002, sections III and VI.
    """
    judged = [(entry, entry.metrics) for entry in entries if entry.metrics is not None]
    losses = [tuple(o.loss(metrics[o.metric]) for o in setup.objectives) for _, metrics in judged]
    fronts = [int(rank) for rank in non_dominated_ranks(losses)] if judged else []
    crowding = [0.0] * len(judged)
    if len(setup.objectives) > 1:
        for front in set(fronts):
            places = [place for place, rank in enumerate(fronts) if rank == front]
            distances = crowding_distances([losses[place] for place in places])
            for place, distance in zip(places, distances, strict=True):
                crowding[place] = float(distance)

    def standing(place: int) -> tuple[float, int, float, int]:
        entry, metrics = judged[place]
        violation = sum(c.violation(metrics[c.metric]) for c in setup.constraints if c.metric in metrics)
        return violation, fronts[place], -crowding[place], entry.id

    ranked = [judged[place][0] for place in sorted(range(len(judged)), key=standing)]
    return ranked + sorted((e for e in entries if e.metrics is None), key=lambda entry: entry.id)


def entries_from_json(values: Iterable[Mapping[str, Any]]) -> list[Entry]:
    return [Entry(**value) for value in values]


def entries_as_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in entries]
