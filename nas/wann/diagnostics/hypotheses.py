"""Over many topologies: do saturating activations, or paths of many lengths, go with gradients doing worse?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import stdtr

from nas.analysis.statistics import spearman

FEWEST_TOPOLOGIES = 30


@dataclass(frozen=True, slots=True)
class TopologyFacts:
    """Of one tuned topology.

    Attributes:
      lead: test accuracy after REINFORCE less that after backprop, both means over seeds.
      saturating: share of hidden nodes with an activation that is flat far from zero.
      length_deviation: standard deviation of the lengths of all paths.
    """

    lead: float
    saturating: float
    length_deviation: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's, and the two-sided p of a t distribution; both None when one side is constant."""

    rho: float | None
    p: float | None
    number: int


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """`is_enough`: whether there are 30 topologies; with fewer the numbers are shown, not believed."""

    saturation: Correlation
    lengths: Correlation
    is_enough: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def hypotheses(topologies: Sequence[TopologyFacts]) -> Hypotheses:
    leads = [one.lead for one in topologies]
    return Hypotheses(
        saturation=correlation([one.saturating for one in topologies], leads),
        lengths=correlation([one.length_deviation for one in topologies], leads),
        is_enough=len(topologies) >= FEWEST_TOPOLOGIES,
    )


def correlation(a: Sequence[float], b: Sequence[float]) -> Correlation:
    rho = spearman(a, b)
    if rho is None or len(a) < 3:
        return Correlation(rho, None, len(a))
    freedom = len(a) - 2
    if abs(rho) == 1:
        return Correlation(rho, 0.0, len(a))
    t = abs(rho) * math.sqrt(freedom / (1 - rho**2))
    return Correlation(rho, float(2 * stdtr(freedom, -t)), len(a))
