"""Layers of a directed acyclic graph and the order inside them (Sugiyama, Tagawa, Toda 1981).

Longest-path layers, a dummy vertex wherever an edge passes a layer, sweeps of the barycentre rule; the order with the
fewest crossings is kept.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise

NUM_SWEEPS = 8

Path = tuple[str, ...]
"""The groups a vertex lies in, outermost first; members of a group stay together."""


def longest_path_layers(vertices: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Layer of each vertex: sources at 0, or just before what reads them first. Raises ValueError for a cycle."""
    readers: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(vertices, 0)
    for source, target in edges:
        readers[source].append(target)
        waiting[target] += 1
    layer = {v: 0 for v in vertices if not waiting[v]}
    sources = set(layer)
    order = list(layer)
    for vertex in order:
        for reader in readers[vertex]:
            layer[reader] = max(layer.get(reader, 0), layer[vertex] + 1)
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) < len(vertices):
        stuck = next(v for v in vertices if waiting[v])
        raise ValueError(f"only graphs without cycles can be laid out in layers; {stuck!r} lies on or behind one")
    for vertex in sources:
        if readers[vertex]:
            layer[vertex] = min(layer[reader] for reader in readers[vertex]) - 1
    return layer


def order_layers(
    layers: list[list[int]], links: Sequence[tuple[int, int]], paths: Mapping[int, Path]
) -> list[list[int]]:
    """The vertices of each layer, top to bottom, with few crossings.

    Args:
      layers: vertices per layer in a first order.
      links: between vertices of neighbouring layers, left to right.
      paths: groups of each vertex.
    """
    before, after = _neighbours(links)
    order = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in order], num_crossings(order, after)
    for sweep in range(NUM_SWEEPS):
        if not fewest and sweep > 1:
            break
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        for i in range(1, len(order)) if forth else range(len(order) - 2, -1, -1):
            fixed = order[i - 1] if forth else order[i + 1]
            order[i] = _by_barycentre(order[i], {v: place for place, v in enumerate(fixed)}, neighbours, paths)
        crossings = num_crossings(order, after)
        if crossings < fewest or (sweep < 2 and crossings == fewest):
            best, fewest = [list(layer) for layer in order], crossings
    return best


def num_crossings(order: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]]) -> int:
    """How often two links cross between neighbouring layers. O(links · log links) comparisons."""
    count = 0
    for layer, following in pairwise(order):
        place = {v: i for i, v in enumerate(following)}
        seen: list[int] = []
        for vertex in layer:
            targets = sorted(place[target] for target in after.get(vertex, ()))
            for target in targets:
                count += len(seen) - bisect_right(seen, target)
            for target in targets:
                insort(seen, target)
    return count


def _neighbours(links: Sequence[tuple[int, int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    return dict(before), dict(after)


def _by_barycentre(
    layer: Sequence[int],
    fixed: Mapping[int, int],
    neighbours: Mapping[int, Sequence[int]],
    paths: Mapping[int, Path],
) -> list[int]:
    centre: dict[int, float] = {}
    for place, vertex in enumerate(layer):
        around = [fixed[n] for n in neighbours.get(vertex, ())]
        centre[vertex] = sum(around) / len(around) if around else float(place)
    if not any(paths[vertex] for vertex in layer):
        return sorted(layer, key=centre.__getitem__)
    members: dict[Hashable, list[float]] = defaultdict(list)
    for vertex in layer:
        for depth in range(1, len(paths[vertex]) + 1):
            members[paths[vertex][:depth]].append(centre[vertex])
    mean = {path: sum(values) / len(values) for path, values in members.items()}

    def key(vertex: int) -> tuple[tuple[float, str], ...]:
        path = paths[vertex]
        outer = tuple((mean[path[:depth]], path[depth - 1]) for depth in range(1, len(path) + 1))
        return (*outer, (centre[vertex], ""))

    return sorted(layer, key=key)
