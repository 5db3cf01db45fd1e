"""Layers of a directed acyclic graph and the order inside them (Sugiyama, Tagawa, Toda 1981).

Longest-path layers, a dummy vertex wherever an edge passes a layer, sweeps of the barycentre rule; the order with the
fewest crossings is kept.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from nas.drawing.frame import Path

NUM_SWEEPS = 8
PATIENCE = 3
"""Sweeps without an improvement after which no more are made."""


def longest_path_layers(paths: Mapping[str, Path], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Layer of each vertex: sources stand just before what reads them first. Raises ValueError for a cycle.

    The members of a group begin right of everything the group reads, so that frames of groups in a row do not overlap;
    where groups read each other in turn, that is given up.

    Args:
      paths: the vertices in order, with the groups of each.
      edges: (source, target).
    """
    plain = [(source, target, 1) for source, target in edges]
    layer = _longest_paths(list(paths), plain)
    if layer is None:
        raise ValueError("only a graph without cycles can be laid out in layers")
    gates = {group: f"{group}\0gate" for path in paths.values() for group in path}
    if gates:
        # a gate stands before all members of its group and after everything the group reads from outside
        inside = [(gates[group], vertex, 0) for vertex, path in paths.items() for group in path]
        outside = [(s, gates[group], 1) for s, t in edges for group in paths[t] if group not in paths[s]]
        layer = _longest_paths([*paths, *gates.values()], [*plain, *inside, *outside]) or layer
    first_reader: dict[str, int] = {}
    for source, target in edges:
        first_reader[source] = min(first_reader.get(source, layer[target]), layer[target])
    has_input = {target for _, target in edges}
    return {
        vertex: first_reader[vertex] - 1 if vertex not in has_input and vertex in first_reader else layer[vertex]
        for vertex in paths
    }


def _longest_paths(vertices: Sequence[str], edges: Sequence[tuple[str, str, int]]) -> dict[str, int] | None:
    """Longest distance of each vertex from the sources; None when there is a cycle."""
    readers: dict[str, list[tuple[str, int]]] = defaultdict(list)
    waiting = dict.fromkeys(vertices, 0)
    for source, target, length in edges:
        readers[source].append((target, length))
        waiting[target] += 1
    distance = {vertex: 0 for vertex in vertices if not waiting[vertex]}
    order = list(distance)
    for vertex in order:
        for reader, length in readers[vertex]:
            distance[reader] = max(distance.get(reader, 0), distance[vertex] + length)
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    return distance if len(order) == len(vertices) else None


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
    frames = _frames(paths)
    place: dict[int, int] = {vertex: i for layer in layers for i, vertex in enumerate(layer)}
    order = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in order], num_crossings(order, after)
    last_better = last_change = 0
    for sweep in range(NUM_SWEEPS):
        if sweep > 1 and (not fewest or sweep - last_better > PATIENCE or sweep - last_change > 1):
            break
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        for i in range(1, len(order)) if forth else range(len(order) - 2, -1, -1):
            if len(order[i]) > 1 and (better := _by_barycentre(order[i], place, neighbours, frames)) != order[i]:
                order[i], last_change = better, sweep
                place.update((vertex, position) for position, vertex in enumerate(better))
        crossings = num_crossings(order, after)
        if crossings < fewest or (sweep < 2 and crossings == fewest):
            best, fewest, last_better = [list(layer) for layer in order], crossings, sweep
    return best


def num_crossings(order: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]]) -> int:
    """How often two links cross between neighbouring layers. O(links · log links) comparisons."""
    count = 0
    for layer, following in pairwise(order):
        if len(layer) == 1 or len(following) == 1:
            continue
        place = {v: i for i, v in enumerate(following)}
        seen: list[int] = []
        for vertex in layer:
            targets = [place[target] for target in after.get(vertex, ())]
            for target in targets:
                count += len(seen) - bisect_right(seen, target)
            for target in targets:  # only now: edges of one vertex do not cross each other
                insort(seen, target)
    return count


def _neighbours(links: Sequence[tuple[int, int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    return dict(before), dict(after)


def _frames(paths: Mapping[int, Path]) -> dict[int, tuple[int, ...]]:
    """The groups of each vertex as numbers, outermost first: quicker to compare than paths of names."""
    numbers: dict[Path, int] = {}
    known: dict[Path, tuple[int, ...]] = {}
    for path in paths.values():
        if path not in known:
            prefixes = (path[:depth] for depth in range(1, len(path) + 1))
            known[path] = tuple(numbers.setdefault(prefix, len(numbers)) for prefix in prefixes)
    return {vertex: known[path] for vertex, path in paths.items()}


def _by_barycentre(
    layer: Sequence[int],
    place: Mapping[int, int],
    neighbours: Mapping[int, Sequence[int]],
    frames: Mapping[int, tuple[int, ...]],
) -> list[int]:
    """The layer by the mean place of each vertex's neighbours; members of a group, by the group's mean, stay together."""
    centre: dict[int, float] = {}
    for vertex in layer:
        around = neighbours.get(vertex)
        if not around:
            centre[vertex] = float(place[vertex])
        elif len(around) == 1:
            centre[vertex] = float(place[around[0]])
        else:
            centre[vertex] = sum([place[n] for n in around]) / len(around)
    first = frames[layer[0]]
    if all(frames[vertex] == first for vertex in layer):
        return sorted(layer, key=centre.__getitem__)
    members: dict[int, list[float]] = defaultdict(list)
    for vertex in layer:
        for frame in frames[vertex]:
            members[frame].append(centre[vertex])
    mean = {frame: (sum(values) / len(values), frame) for frame, values in members.items()}
    return sorted(layer, key=lambda vertex: (*[mean[frame] for frame in frames[vertex]], (centre[vertex], -1)))
