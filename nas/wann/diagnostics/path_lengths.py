"""How many ways lead from bias and inputs to the outputs, by their length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nas.wann.topology import Topology


@dataclass(frozen=True, slots=True)
class PathLengths:
    """`counts`: number of paths with 0, 1, 2 … connections, exact; there are more than 10^300 in large networks."""

    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    def shares(self) -> list[float]:
        """Of all paths, by length; [] without paths."""
        total = self.total
        return [count / total for count in self.counts] if total else []

    @property
    def mean(self) -> float | None:
        total = self.total
        return sum(length * count for length, count in enumerate(self.counts)) / total if total else None

    @property
    def deviation(self) -> float | None:
        """Of the lengths of all paths."""
        mean = self.mean
        if mean is None:
            return None
        return math.sqrt(sum(share * (length - mean) ** 2 for length, share in enumerate(self.shares())))

    @property
    def entropy(self) -> float | None:
        """Of the distribution of lengths, in bits."""
        shares = self.shares()
        return sum((-share * math.log2(share) for share in shares if share), 0.0) if shares else None

    @property
    def shortest(self) -> int | None:
        return next((length for length, count in enumerate(self.counts) if count), None)

    @property
    def longest(self) -> int | None:
        return len(self.counts) - 1 if self.total else None

    def as_json(self) -> dict[str, Any]:
        """Counts as texts: JSON readers round large numbers."""
        return {
            "counts": [str(count) for count in self.counts],
            "shares": self.shares(),
            "mean": self.mean,
            "deviation": self.deviation,
            "entropy": self.entropy,
            "shortest": self.shortest,
            "longest": self.longest,
        }


def path_lengths(topology: Topology) -> PathLengths:
    """From the bias and each input, over enabled connections, to each output. O(connections × levels)."""
    first_row = 1 + topology.num_inputs
    starts, columns = topology.starts.tolist(), topology.columns.tolist()
    ways: list[list[int]] = []  # per row, by length
    total: list[int] = []
    for row in range(topology.num_rows):
        mine: list[int] = []
        for column in columns[starts[row] : starts[row + 1]]:
            _add_longer(mine, ways[column - first_row] if column >= first_row else [1])
        ways.append(mine)
        if row >= topology.num_hidden:
            _add(total, mine)
    return PathLengths(tuple(total))


def _add_longer(to: list[int], counts: list[int]) -> None:
    """Add `counts` one connection further."""
    if counts:
        _add(to, [0, *counts])


def _add(to: list[int], counts: list[int]) -> None:
    to += [0] * (len(counts) - len(to))
    for length, count in enumerate(counts):
        to[length] += count
