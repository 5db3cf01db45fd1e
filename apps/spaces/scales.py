"""What a logarithmic scale does to draws: their share in each power of ten, beside that of a linear scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from nas.core.parameter import Parameter, Parametrised
from nas.core.space import Space

MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class PowerOfTen:
    """Part of a range; how many percent of the draws lie in it, drawn on the logarithmic and on the linear scale."""

    low: float
    high: float
    log_percent: float
    linear_percent: float


@dataclass(frozen=True, slots=True)
class ScaleShares:
    name: str
    parts: tuple[PowerOfTen, ...]


def scale_shares(space: Space) -> tuple[ScaleShares, ...]:
    """Of the first real parameters on a logarithmic scale that span more than one power of ten."""
    if not isinstance(space, Parametrised):
        return ()
    logarithmic = (p for p in space.parameters() if p.kind == "float" and p.log)
    found = [ScaleShares(parameter.name, _parts(parameter)) for parameter in logarithmic]
    return tuple(shares for shares in found if len(shares.parts) > 1)[:MOST_SHOWN]


def _parts(parameter: Parameter) -> tuple[PowerOfTen, ...]:
    low, high = parameter.low, parameter.high
    assert low is not None and high is not None  # numbers have both
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    edges = sorted({low, high, *(10.0**power for power in powers if low < 10.0**power < high)})
    return tuple(
        PowerOfTen(
            start,
            end,
            100 * math.log(end / start) / math.log(high / low),
            100 * (end - start) / (high - low),
        )
        for start, end in pairwise(edges)
    )
