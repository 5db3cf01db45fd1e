"""What a space holds, from a sample of it: how many, how costly, what some look like. No torch, no training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.spaces.histogram import Histogram, histogram
from apps.spaces.quantity import count_text, exact_text, size_text
from apps.spaces.scales import ScaleShares, scale_shares
from apps.spaces.selectors.sample import Drawn, sampled
from apps.spaces.selectors.thumbnail import thumbnail
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.core.metric import METRICS
from nas.core.objective import Constraint
from nas.core.space import Space, architecture_key

SHOWN_METRICS = ("params", "macs", "activations", "peak_memory_bytes")
NUM_DRAWN = 3
MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class SampledArchitecture:
    """One architecture of the sample: its key, its number among the draws, its compact drawing (SVG text), its costs."""

    key: str
    number: int
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
      size: how many architectures there are, written for people; `size_exact` with all digits where `size` is rounded;
        `distinct` how many of them differ, "" when unknown.
      num_met: how many of the `num_samples` meet all constraints that costs can judge.
      scales: of parameters on a logarithmic scale, what that scale is good for.
      num_refused: how many of them cannot be built for this input; `refusals` are the most frequent reasons.
    """

    size: str
    size_exact: str
    distinct: str
    num_samples: int
    num_met: int
    num_refused: int
    refusals: tuple[tuple[str, int], ...]
    shares: tuple[ConstraintShare, ...]
    histograms: tuple[Histogram, ...]
    drawn: tuple[SampledArchitecture, ...]
    scales: tuple[ScaleShares, ...] = ()


def space_preview(
    space: Space,
    input_shape: Shape,
    num_classes: int,
    constraints: Sequence[Constraint] = (),
    *,
    num_samples: int = 1000,
    seed: int = 0,
    num_drawings: int = NUM_DRAWN,
) -> SpacePreview:
    """A sample of `space` and its costs for inputs of that shape. The same arguments give the same preview."""
    sample = sampled(space, input_shape, num_classes, num=num_samples, seed=seed)
    met = np.ones(len(sample.built), dtype=bool)
    shares = []
    for constraint in constraints:
        values = sample.costs.get(constraint.metric)
        if values is None and sample.built:
            shares.append(ConstraintShare(constraint, None))
            continue
        if values is None:
            shares.append(ConstraintShare(constraint, 0))
            continue
        kept = values <= constraint.limit if constraint.operator == "<=" else values >= constraint.limit
        met &= kept
        shares.append(ConstraintShare(constraint, int(kept.sum())))
    size = space.size()
    has_fewer = size.distinct is not None and size.distinct < size.lower
    return SpacePreview(
        size=size_text(size),
        size_exact=exact_text(size),
        distinct=count_text(size.distinct) if has_fewer and size.distinct is not None else "",
        num_samples=num_samples,
        num_met=int(met.sum()),
        num_refused=sample.num_refused,
        refusals=sample.refusals[:MOST_REASONS],
        shares=tuple(shares),
        histograms=tuple(_histogram(name, sample.costs[name], constraints) for name in SHOWN_METRICS if sample.built),
        drawn=_drawn(space, [sample.built[i] for i in np.flatnonzero(met)], input_shape, num_classes, num_drawings),
        scales=scale_shares(space),
    )


def _histogram(name: str, values: npt.NDArray[np.float64], constraints: Sequence[Constraint]) -> Histogram:
    declared = METRICS[name]
    limits = [c.limit for c in constraints if c.metric == name]
    return histogram(
        values, metric=name, title=declared.title, unit=declared.unit, is_log=declared.is_log, limits=limits
    )


def _drawn(
    space: Space, found: Sequence[Drawn], input_shape: Shape, num_classes: int, num: int
) -> tuple[SampledArchitecture, ...]:
    """The first different ones, in the order of the sample."""
    shown: dict[str, SampledArchitecture] = {}
    for one in found:
        if len(shown) == num:
            break
        key = architecture_key(space, one.genotype)
        if key not in shown:
            svg = thumbnail(space, one.genotype, input_shape, num_classes)
            shown[key] = SampledArchitecture(key=key, number=one.number, svg=svg, cost=one.cost)
    return tuple(shown.values())
