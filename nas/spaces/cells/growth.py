"""Cells grown block by block: the distinct blocks of each step, numbered. Liu et al. 2018, arXiv 1712.00559, section 3.

A block is an unordered pair of (state, operation); with n = operations · (block + 2) such ends there are n(n + 1) / 2 blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.spaces.cells.family import NUM_INPUTS


@dataclass(frozen=True)
class BlockGrowth:
    """Of a cell whose blocks add two operations each and may read all earlier blocks."""

    operations: tuple[str, ...]
    num_blocks: int

    def num_ways(self) -> tuple[int, ...]:
        ends = (self._num_ends(block) for block in range(self.num_blocks))
        return tuple(n * (n + 1) // 2 for n in ends)

    def blocks(self, ways: Sequence[int]) -> list[dict[str, Any]]:
        """The blocks of a cell. Raises ValueError when there is no such step or way."""
        bounds = self.num_ways()
        if len(ways) > len(bounds) or any(not 0 <= way < bound for way, bound in zip(ways, bounds, strict=False)):
            raise ValueError(f"there are {bounds} ways, got {tuple(ways)}")
        return [self._block(block, way) for block, way in enumerate(ways)]

    def ways_of(self, blocks: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
        return tuple(self._way(number, block) for number, block in enumerate(blocks))

    def way_features(self, block: int) -> npt.NDArray[np.float64]:
        """How often a block applies which operation to which state; then each operation, each state; then whether both ends
        are the same. Operations mean the same in every block, so what is learned about them serves blocks never seen.
        """
        first, second = _pairs(self._num_ends(block))
        num_states, num_operations = NUM_INPUTS + self.num_blocks - 1, len(self.operations)
        rows = np.arange(len(first))
        features = np.zeros((len(first), num_states * num_operations + num_operations + num_states + 1))
        for end in (first, second):
            state, operation = np.divmod(end, num_operations)
            features[rows, end] += 1
            features[rows, num_states * num_operations + operation] += 1
            features[rows, num_states * num_operations + num_operations + state] += 1
        features[:, -1] = first == second
        return features

    def _num_ends(self, block: int) -> int:
        return len(self.operations) * (block + NUM_INPUTS)

    def _block(self, block: int, way: int) -> dict[str, Any]:
        ends = [int(end[way]) for end in _pairs(self._num_ends(block))]
        return {
            "inputs": [end // len(self.operations) for end in ends],
            "operations": [self.operations[end % len(self.operations)] for end in ends],
        }

    def _way(self, number: int, block: Mapping[str, Any]) -> int:
        ends = (
            state * len(self.operations) + self.operations.index(operation)
            for state, operation in zip(block["inputs"], block["operations"], strict=True)
        )
        first, second = sorted(ends)
        way: int = first * self._num_ends(number) - first * (first - 1) // 2 + second - first
        return way


@cache
def _pairs(num: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Unordered pairs of `num` things, the smaller one first, in lexicographic order."""
    first, second = np.triu_indices(num)
    return first, second
