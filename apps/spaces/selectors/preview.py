"""What a space holds, from a sample of it: how many, how costly, what some look like. No torch, no training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.random import PCG64, Generator, SeedSequence

from apps.spaces.histogram import Histogram, histogram
from apps.spaces.quantity import count_text, size_text
from nas import registry
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.core.metric import METRICS
from nas.core.objective import Constraint
from nas.core.proposal import Genotype
from nas.core.space import Space, architecture_key
from nas.drawing.svg import draw

SHOWN_METRICS = ("params", "macs", "peak_memory_bytes")
NUM_DRAWN = 3


@dataclass(frozen=True, slots=True)
class SampledArchitecture:
    """One architecture of the sample: its key, its compact drawing (SVG text), its costs."""

    key: str
    svg: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class ConstraintShare:
    """How much of the sample meets one constraint; `num_met` is None when only training can tell."""

    constraint: Constraint
    num_met: int | None


@dataclass(frozen=True, slots=True)
class SpacePreview:
    """What the preview shows.

    Attributes:
      size: how many architectures there are, written for people; `distinct` how many of them differ, "" when unknown.
      num_met: how many of the `num_samples` meet all constraints that costs can judge.
    """

    size: str
    distinct: str
    num_samples: int
    num_met: int
    shares: tuple[ConstraintShare, ...]
    histograms: tuple[Histogram, ...]
    drawn: tuple[SampledArchitecture, ...]


def space_preview(
    space: Space,
    input_shape: Shape,
    num_classes: int,
    constraints: Sequence[Constraint] = (),
    *,
    num_samples: int = 1000,
    seed: int = 0,
) -> SpacePreview:
    """A sample of `space` and its costs for inputs of that shape. The same arguments give the same preview."""
    config = json.dumps(space.config.as_json(), sort_keys=True)
    genotypes, costs = _sampled(space.name, config, tuple(input_shape), num_classes, num_samples=num_samples, seed=seed)
    met = np.ones(num_samples, dtype=bool)
    shares = []
    for constraint in constraints:
        values = costs.get(constraint.metric)
        if values is None:
            shares.append(ConstraintShare(constraint, None))
            continue
        kept = values <= constraint.limit if constraint.operator == "<=" else values >= constraint.limit
        met &= kept
        shares.append(ConstraintShare(constraint, int(kept.sum())))
    size = space.size()
    has_fewer = size.distinct is not None and size.distinct < size.lower
    return SpacePreview(
        size=size_text(size),
        distinct=count_text(size.distinct) if has_fewer and size.distinct is not None else "",
        num_samples=num_samples,
        num_met=int(met.sum()),
        shares=tuple(shares),
        histograms=tuple(_histogram(name, costs[name], constraints) for name in SHOWN_METRICS),
        drawn=_drawn(space, [genotypes[i] for i in np.flatnonzero(met)], input_shape, num_classes),
    )


@lru_cache(maxsize=16)
def _sampled(
    space_name: str, config: str, input_shape: Shape, num_classes: int, *, num_samples: int, seed: int
) -> tuple[tuple[Genotype, ...], dict[str, npt.NDArray[np.float64]]]:
    """Genotypes and the columns of their costs. Cached: typing in a constraint draws nothing anew."""
    kind = registry.spaces.get(space_name)
    space = kind(kind.Config.parse(json.loads(config)))
    rng = Generator(PCG64(SeedSequence([seed])))
    genotypes = tuple(space.sample(rng) for _ in range(num_samples))
    rows = [space.cost(genotype, input_shape, num_classes).as_metrics() for genotype in genotypes]
    return genotypes, {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}


def _histogram(name: str, values: npt.NDArray[np.float64], constraints: Sequence[Constraint]) -> Histogram:
    declared = METRICS[name]
    limits = [c.limit for c in constraints if c.metric == name]
    return histogram(
        values, metric=name, title=declared.title, unit=declared.unit, is_log=declared.is_log, limits=limits
    )


def _drawn(
    space: Space, genotypes: Sequence[Genotype], input_shape: Shape, num_classes: int
) -> tuple[SampledArchitecture, ...]:
    """The first three different ones, in the order of the sample."""
    found: dict[str, SampledArchitecture] = {}
    for genotype in genotypes:
        key = architecture_key(space, genotype)
        if key not in found:
            found[key] = SampledArchitecture(
                key=key,
                svg=draw(space.graph(genotype, input_shape, num_classes), compact=True),
                cost=space.cost(genotype, input_shape, num_classes),
            )
        if len(found) == NUM_DRAWN:
            break
    return tuple(found.values())
