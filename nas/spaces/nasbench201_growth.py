"""Cells of NAS-Bench-201 grown node by node, from the output backwards; an edge that is not there yet is `none`.

The first step sets the edge from input to output, the second puts node 2 between them, the third node 1 before both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nas.core.errors import InvalidConfig
from nas.spaces.nasbench201_cell import EDGES

_NONE = "none"
_STEPS = ((3,), (1, 5), (0, 2, 4))
"""Per step the places in EDGES that it sets."""


def num_ways(operations: Sequence[str]) -> tuple[int, ...]:
    """5, 25 and 125 with all five operations. Raises InvalidConfig without `none`."""
    if _NONE not in operations:
        raise InvalidConfig.at(
            "", f"NAS-Bench-201 can be grown only where {_NONE} is among its operations: smaller cells need it"
        )
    return tuple(len(operations) ** len(places) for places in _STEPS)


def grown(ways: Sequence[int], operations: Sequence[str]) -> list[str]:
    """The six operations. Raises ValueError when there is no such step or way."""
    bounds = num_ways(operations)
    if len(ways) > len(bounds) or any(not 0 <= way < bound for way, bound in zip(ways, bounds, strict=False)):
        raise ValueError(f"there are {bounds} ways, got {tuple(ways)}")
    edges = [_NONE] * len(EDGES)
    for places, way in zip(_STEPS, ways, strict=False):
        for number, place in enumerate(places):
            edges[place] = operations[way // len(operations) ** number % len(operations)]
    return edges


def ways_of(edges: Sequence[str], operations: Sequence[str]) -> tuple[int, ...]:
    """One step at least; steps at the end that would set nothing but `none` are left out."""
    ways = []
    for places in _STEPS:
        digits = (operations.index(edges[place]) for place in places)
        ways.append(sum(digit * len(operations) ** number for number, digit in enumerate(digits)))
    bare = operations.index(_NONE)
    while len(ways) > 1 and all(edges[place] == operations[bare] for place in _STEPS[len(ways) - 1]):
        ways.pop()
    return tuple(ways)


def way_features(step: int, operations: Sequence[str]) -> npt.NDArray[np.float64]:
    """Which operation each edge gets; then how often each operation is set, which means the same in every step."""
    number = len(operations)
    ways = np.arange(num_ways(operations)[step])
    features = np.zeros((len(ways), (len(EDGES) + 1) * number))
    left = ways
    for place in _STEPS[step]:
        left, digit = np.divmod(left, number)
        features[ways, place * number + digit] += 1
        features[ways, len(EDGES) * number + digit] += 1
    return features
