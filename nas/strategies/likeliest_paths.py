"""Paths through a supernet from the likeliest on down, when each row chooses for itself."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from math import inf, log

Path = tuple[int, ...]


def likeliest_paths(probabilities: Sequence[Sequence[float]]) -> Iterator[Path]:
    """Every path with a probability above 0, each once; of equal ones that with lower options first. O(rows · log n) for the n-th.

    `probabilities[r][k]`: of option k of row r.
    """
    orders = [sorted(range(len(row)), key=lambda k, row=row: (-row[k], k)) for row in probabilities]  # type: ignore[misc]
    gains = [
        [log(row[k]) if row[k] > 0 else -inf for k in order] for row, order in zip(probabilities, orders, strict=True)
    ]
    best = tuple(0 for _ in orders)
    waiting: list[tuple[float, Path, int]] = [(-sum(row[0] for row in gains), best, 0)]
    while waiting:
        loss, ranks, first_open = heapq.heappop(waiting)
        yield tuple(order[rank] for order, rank in zip(orders, ranks, strict=True))
        # Rows before the one changed last stay: so every path has one way to be reached.
        for row in range(first_open, len(orders)):
            if ranks[row] + 1 < len(orders[row]) and gains[row][ranks[row] + 1] > -inf:
                fallen = loss + gains[row][ranks[row]] - gains[row][ranks[row] + 1]
                heapq.heappush(waiting, (fallen, (*ranks[:row], ranks[row] + 1, *ranks[row + 1 :]), row))
