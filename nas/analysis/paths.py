"""Path statistics of an architecture: depth, input→output paths by length, width, irregularity.

Numbers of paths explode with depth (2^50 and more), so they are counted by dynamic programming over the graph in integers
of any size, never by walking the paths. Dead edges are left out, and so are nodes that only dead edges join.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, log2, prod, sqrt
from typing import Any

from nas.core.graph import Edge, Graph, Node


@dataclass(frozen=True, slots=True)
class Irregularity:
    """How far a wiring is from a chain of equal layers, and the four terms that make it.

    Attributes:
      extra_fan_in: X = edges per node − 1: reads per result beyond those of a chain.
      skip: S = mean number of levels that an edge passes over: how long tensors must be kept.
      resizing: R = share of edges whose ends differ in resolution.
      variety: U = (different nodes − 1) / (nodes − 1); nodes are equal when their operation and what they read are.
      index: ¼ · (X/(1+X) + S/(1+S) + R + U), in [0, 1); 0 for a chain of equal layers.
    """

    extra_fan_in: float
    skip: float
    resizing: float
    variety: float
    index: float


@dataclass(frozen=True, slots=True)
class PathStatistics:
    """Everything counts edges: the length of a path, the depth.

    Attributes:
      num_nodes, num_edges: without what is dead.
      depth: length of the longest path; 0 when no edge is left.
      width: most nodes of which none depends on another (largest antichain): what could run at the same time.
      num_paths: input→output paths by length, ascending; lengths without a path are left out.
      mean_length, std_length: over all paths; None without a path.
      entropy_bits: of the distribution of lengths.
    """

    num_nodes: int
    num_edges: int
    depth: int
    width: int
    num_paths: tuple[tuple[int, int], ...]
    mean_length: float | None
    std_length: float | None
    entropy_bits: float
    irregularity: Irregularity

    @property
    def total_paths(self) -> int:
        return sum(count for _, count in self.num_paths)

    @property
    def shortest(self) -> int | None:
        return self.num_paths[0][0] if self.num_paths else None

    @property
    def longest(self) -> int | None:
        return self.num_paths[-1][0] if self.num_paths else None

    def as_json(self) -> dict[str, Any]:
        """Numbers of paths as texts: they outgrow what JSON readers keep exact."""
        irregularity = self.irregularity
        return {
            "num_nodes": self.num_nodes,
            "num_edges": self.num_edges,
            "depth": self.depth,
            "width": self.width,
            "total_paths": str(self.total_paths),
            "num_paths": [{"length": length, "count": str(count)} for length, count in self.num_paths],
            "mean_length": self.mean_length,
            "std_length": self.std_length,
            "entropy_bits": self.entropy_bits,
            "irregularity": {name: getattr(irregularity, name) for name in irregularity.__slots__},
        }


def path_statistics(graph: Graph) -> PathStatistics:
    """Raises ValueError for a graph with a cycle.

    Paths begin at `graph.inputs` and end at `graph.outputs`; where a graph names none, at the nodes without a living edge
    in, and at those without one out. O(nodes · edges) at worst, for the width.
    """
    wires = _Wires(graph)
    counts = _paths_by_length(wires)
    total = sum(count for _, count in counts)
    mean = sum(length * count for length, count in counts) / total if total else None
    return PathStatistics(
        num_nodes=len(wires.order),
        num_edges=len(wires.edges),
        depth=max(wires.depth.values(), default=0),
        width=_width(wires),
        num_paths=counts,
        mean_length=mean,
        std_length=_deviation(counts, total) if total else None,
        entropy_bits=-sum((count / total) * (log2(count) - log2(total)) for _, count in counts) + 0.0,
        irregularity=_irregularity(wires),
    )


class _Wires:
    """The living edges of a graph and the nodes they join, in an order in which each comes after what it reads."""

    def __init__(self, graph: Graph) -> None:
        living = [edge for edge in graph.edges if not edge.is_dead]
        joined = {end for edge in living for end in (edge.source, edge.target)}
        ends = {*graph.inputs, *graph.outputs}
        nodes = [node for node in graph.nodes if node.id in joined or node.id in ends or not graph.edges]
        self.nodes = {node.id: node for node in nodes}
        self.edges = living
        self.reads: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        self.readers: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in living:
            self.reads[edge.target].append(edge)
            self.readers[edge.source].append(edge)
        self.order = self._sorted()
        self.depth: dict[str, int] = {}
        for name in self.order:
            self.depth[name] = max((self.depth[edge.source] + 1 for edge in self.reads[name]), default=0)
        self.inputs = [name for name in graph.inputs if name in self.nodes] or [
            n for n in self.order if not self.reads[n]
        ]
        self.outputs = [name for name in graph.outputs if name in self.nodes] or [
            name for name in self.order if not self.readers[name]
        ]

    def _sorted(self) -> list[str]:
        waiting = {name: len(edges) for name, edges in self.reads.items()}
        order = [name for name, number in waiting.items() if not number]
        for name in order:
            for edge in self.readers[name]:
                waiting[edge.target] -= 1
                if not waiting[edge.target]:
                    order.append(edge.target)
        if len(order) < len(self.nodes):
            raise ValueError("paths can be counted only in a graph without cycles")
        return order


def _paths_by_length(wires: _Wires) -> tuple[tuple[int, int], ...]:
    """c_v[ℓ] = Σ_{u→v} c_u[ℓ − 1], begun with c = 1 at length 0 of each input, summed over the outputs.

    The row c_v is one integer with a fixed number of bits for each length, so that an edge costs one shift and one sum.
    """
    ways = dict.fromkeys(wires.order, 0)
    inputs = set(wires.inputs)
    for name in wires.order:
        ways[name] = (name in inputs) + sum(ways[edge.source] for edge in wires.reads[name])
    bits = sum(ways[name] for name in wires.outputs).bit_length() + max(ways.values(), default=0).bit_length() + 1
    rows: dict[str, int] = {}
    for name in wires.order:
        rows[name] = (name in inputs) + (sum(rows[edge.source] for edge in wires.reads[name]) << bits)
    packed = sum(rows[name] for name in wires.outputs)
    mask = (1 << bits) - 1
    counts = ((length, packed >> length * bits & mask) for length in range(packed.bit_length() // bits + 1))
    return tuple((length, count) for length, count in counts if count)


def _deviation(counts: tuple[tuple[int, int], ...], total: int) -> float:
    """Exact up to the root: the counts may be too large for floats to subtract."""
    first = sum(length * count for length, count in counts)
    second = sum(length * length * count for length, count in counts)
    return sqrt((second * total - first * first) / (total * total))


def _width(wires: _Wires) -> int:
    """Nodes minus the largest matching of nodes with later ones they lead to (Dilworth 1950, Fulkerson 1956)."""
    number = {name: i for i, name in enumerate(wires.order)}
    reach = [0] * len(number)  # bit sets of the nodes that each leads to
    for name in reversed(wires.order):
        for edge in wires.readers[name]:
            reach[number[name]] |= reach[number[edge.target]] | 1 << number[edge.target]
    partner: dict[int, int] = {}  # later node → the earlier one matched with it
    free = (1 << len(number)) - 1
    for start in range(len(number)):
        seen, waiting = 0, [start]
        came_from: dict[int, tuple[int, int]] = {}
        while waiting:
            here = waiting.pop()
            if ends := reach[here] & free:
                there = (ends & -ends).bit_length() - 1
                free &= ~(1 << there)
                while True:  # turn the matches along the way
                    partner[there], freed = here, came_from.get(here)
                    if freed is None:
                        break
                    there, here = freed
                break
            fresh = reach[here] & ~seen
            seen |= fresh
            while fresh:
                there = (fresh & -fresh).bit_length() - 1
                fresh &= fresh - 1
                other = partner[there]
                came_from[other] = (there, here)
                waiting.append(other)
    return len(number) - len(partner)


def _irregularity(wires: _Wires) -> Irregularity:
    """Nodes that read nothing are inputs and count as such, whatever they are called."""
    readers = [name for name in wires.order if wires.reads[name]]
    if not readers:
        return Irregularity(0.0, 0.0, 0.0, 0.0, 0.0)
    level = _levels(wires)
    edges = wires.edges
    extra = len(edges) / len(readers) - 1
    skip = sum(wires.depth[e.target] - wires.depth[e.source] - 1 for e in edges) / len(edges)
    resizing = sum(_step(level, edge) != 0 for edge in edges) / len(edges)
    kinds = {
        (
            wires.nodes[name].operation,
            tuple(sorted((_step(level, edge), edge.operation) for edge in wires.reads[name])),
        )
        for name in readers
    }
    variety = (len(kinds) - 1) / (len(readers) - 1) if len(readers) > 1 else 0.0
    index = (extra / (1 + extra) + skip / (1 + skip) + resizing + variety) / 4
    return Irregularity(extra, skip, resizing, variety, index)


def _levels(wires: _Wires) -> dict[str, int | None]:
    """How often the resolution was halved, up to a constant; a node without a shape has the level of what it reads."""
    level: dict[str, int | None] = {}
    for name in wires.order:
        read = [known for edge in wires.reads[name] if (known := level[edge.source]) is not None]
        own = _resolution_level(wires.nodes[name])
        level[name] = own if own is not None else max(read, default=None)
    return level


def _resolution_level(node: Node) -> int | None:
    if node.shape is None:
        return None
    return -round(log(prod(max(side, 1) for side in node.shape[1:]), 4))


def _step(level: Mapping[str, int | None], edge: Edge) -> int:
    """Levels the edge comes down; 0 where one is not known."""
    source, target = level[edge.source], level[edge.target]
    return 0 if source is None or target is None else source - target
