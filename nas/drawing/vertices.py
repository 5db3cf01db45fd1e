"""The drawn things of one connected part as numbered vertices: nodes, labels, and dummies where an edge passes a layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

from nas.core.graph import Edge, Node
from nas.drawing.frame import FRAME_ROOM, NO_ROOM, Direction, Path, shared_path
from nas.drawing.layers import longest_path_layers
from nas.drawing.measure import node_size, pill_size

NODE_GAP = 16.0
LAYER_GAP = 24.0


class Vertices:
    """Layer, size (along the layers' run, across it) and groups of each vertex; the chain of vertices of each edge."""

    def __init__(
        self,
        nodes: Sequence[Node],
        edges: Sequence[tuple[int, Edge]],
        path: Callable[[str | None], Path],
        *,
        direction: Direction,
        compact: bool,
    ) -> None:
        self.room = NO_ROOM if compact else FRAME_ROOM[direction]
        self.sizes: list[tuple[float, float]] = []
        self.rank: list[int] = []
        self.paths: dict[int, Path] = {}
        self.is_dummy: list[bool] = []
        self.of_node: dict[str, int] = {}
        self.chains: dict[int, list[int]] = {}  # edge → vertices it passes, ends included
        self.label_of: dict[int, int] = {}
        self.links: list[tuple[int, int, float]] = []
        self.gap = NODE_GAP / 2 if compact else NODE_GAP
        layer = longest_path_layers({n.id: path(n.group) for n in nodes}, [(e.source, e.target) for _, e in edges])
        has_labels = not compact and any(edge.label for _, edge in edges)
        step = 2 if has_labels else 1  # a layer between for the labels of short edges
        path_of = {node.id: path(node.group) for node in nodes}
        for node in nodes:
            size = _turned(node_size(node, compact=compact), direction)
            self.of_node[node.id] = self._new(layer[node.id] * step, size, path_of[node.id])
        for i, edge in edges:
            first, last = layer[edge.source] * step, layer[edge.target] * step
            shared = shared_path(path_of[edge.source], path_of[edge.target])
            middle = (first + last) // 2 if has_labels and edge.label else None
            chain = [self.of_node[edge.source]]
            for rank in range(first + 1, last):
                size = _turned(pill_size(edge.label), direction) if rank == middle else (0.0, 4.0)
                chain.append(self._new(rank, size, shared, is_dummy=True))
                if rank == middle:
                    self.label_of[i] = chain[-1]
            chain.append(self.of_node[edge.target])
            self.chains[i] = chain
            for a, b in pairwise(chain):
                self.links.append((a, b, (1.0, 2.0, 8.0)[self.is_dummy[a] + self.is_dummy[b]]))

    def _new(self, rank: int, size: tuple[float, float], path: Path, *, is_dummy: bool = False) -> int:
        self.sizes.append(size)
        self.rank.append(rank)
        self.is_dummy.append(is_dummy)
        self.paths[len(self.sizes) - 1] = path
        return len(self.sizes) - 1

    def layers(self) -> list[list[int]]:
        first = min(self.rank)
        layers: list[list[int]] = [[] for _ in range(max(self.rank) - first + 1)]
        self.rank = [rank - first for rank in self.rank]
        for vertex, rank in enumerate(self.rank):
            layers[rank].append(vertex)
        return layers

    def distance(self, above: int, below: int) -> float:
        """Least distance of the middles of two neighbours in a layer, with room for the frames that end and begin between."""
        shared = len(shared_path(self.paths[above], self.paths[below]))
        ending, beginning = len(self.paths[above]) - shared, len(self.paths[below]) - shared
        frames = ending * self.room.below + beginning * self.room.above
        return (self.sizes[above][1] + self.sizes[below][1]) / 2 + self.gap + frames

    def columns(self, order: Sequence[Sequence[int]]) -> list[tuple[float, float]]:
        """Begin and end of each layer: as long as its longest vertex, more room where a frame begins or ends."""
        spans: dict[Path, list[int]] = defaultdict(list)
        for vertex, path in self.paths.items():
            if not self.is_dummy[vertex]:
                spans[path].append(self.rank[vertex])
        ranks: dict[str, list[int]] = defaultdict(list)
        for path, own in spans.items():
            for group in path:
                ranks[group] += (min(own), max(own))
        room: dict[int, float] = defaultdict(float)  # layer → room for frames that begin at it, or ended just before
        for both in ranks.values():
            room[min(both)] += self.room.before
            room[max(both) + 1] += self.room.after
        columns, x = [], 0.0
        for i, layer in enumerate(order):
            width = max(self.sizes[v][0] for v in layer)
            if i:
                x += (LAYER_GAP if width else LAYER_GAP / 2) + room[i]
            columns.append((x, x + width))
            x += width
        return columns


def _turned(size: tuple[float, float], direction: Direction) -> tuple[float, float]:
    return size if direction == "right" else (size[1], size[0])
