"""Heights of the vertices of ordered layers: each near its neighbours, none too close to the next in its layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

NUM_PASSES = 6


def align(
    order: Sequence[Sequence[int]],
    links: Sequence[tuple[int, int, float]],
    distance: Callable[[int, int], float],
) -> dict[int, float]:
    """Centre height of each vertex.

    Args:
      order: vertices per layer, top to bottom.
      links: (left, right, weight); heavy links become straighter.
      distance: least distance of the centres of two vertices that follow each other in a layer.
    """
    before: dict[int, list[tuple[int, float]]] = {v: [] for layer in order for v in layer}
    after: dict[int, list[tuple[int, float]]] = {v: [] for layer in order for v in layer}
    for source, target, weight in links:
        before[target].append((source, weight))
        after[source].append((target, weight))
    spaced = [(layer, _offsets(layer, distance)) for layer in order]
    height: dict[int, float] = {}
    for layer, offsets in spaced:
        height.update((vertex, offset - offsets[-1] / 2) for vertex, offset in zip(layer, offsets, strict=True))
    around = {v: before[v] + after[v] for v in before}
    for number in range(NUM_PASSES):
        looked_at = around if number >= NUM_PASSES - 2 else after if number % 2 else before
        for layer, offsets in reversed(spaced) if number % 2 else spaced:
            wishes = [_mean(looked_at[v], height) if looked_at[v] else height[v] for v in layer]
            height.update(zip(layer, _spread(wishes, offsets), strict=True))
    return height


def _mean(around: Sequence[tuple[int, float]], height: Mapping[int, float]) -> float:
    if len(around) == 1:
        return height[around[0][0]]
    total = whole = 0.0
    for vertex, weight in around:
        total += height[vertex] * weight
        whole += weight
    return total / whole


def _offsets(layer: Sequence[int], distance: Callable[[int, int], float]) -> list[float]:
    offsets = [0.0]
    for above, below in pairwise(layer):
        offsets.append(offsets[-1] + distance(above, below))
    return offsets


def _spread(wishes: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """The places nearest to `wishes` (least squares) that keep order and distances: isotonic regression, O(n)."""
    if len(wishes) == 1:
        return list(wishes)
    blocks: list[list[float]] = []  # [sum of shifted wishes, how many]
    for wish, offset in zip(wishes, offsets, strict=True):
        blocks.append([wish - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            total, size = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += size
    levels = [total / size for total, size in blocks for _ in range(int(size))]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]
