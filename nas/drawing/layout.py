"""Where the nodes, edges and frames of a graph lie, in layers; parts that do not touch lie side by side.

Everything is placed for layers that run to the right; a layout that runs down is turned over its diagonal at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from nas.analysis.parts import connected_parts
from nas.core.graph import Graph
from nas.drawing.align import align
from nas.drawing.frame import FRAME_ROOM, NO_ROOM, Direction, FrameRoom, Path, group_paths, shared_path
from nas.drawing.layers import order_layers
from nas.drawing.vertices import Vertices

PART_GAP = 26.0
MARGIN = 8.0
PORT_DISTANCE = 8.0
CLEARANCE = 4.0
LOOK_AHEAD = 8
"""Layers an edge may pass in one bend."""


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, width, height in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one edge: points from where it leaves its source to where it enters its target; `label` is the pill on it."""

    points: tuple[tuple[float, float], ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything has its place; `edges` are in the order of the graph's edges, `groups` hold outer frames first."""

    direction: Direction
    width: float
    height: float
    nodes: dict[str, Box]
    edges: tuple[Route, ...]
    groups: dict[str, Box]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def layered(graph: Graph, *, direction: Direction = "right", compact: bool = False) -> Layout:
    """Lay out `graph`. Raises ValueError for a graph with a cycle.

    Args:
      direction: the way the arrows point.
      compact: small boxes without texts and frames, for thumbnails.
    """
    places = _Places(graph, direction=direction, compact=compact)
    top = 0.0
    for part in connected_parts(graph):
        top = places.add_part({node.id for node in part.nodes}, top) + PART_GAP
    return places.finish()


class _Places:
    """Collects boxes and routes part by part."""

    def __init__(self, graph: Graph, *, direction: Direction, compact: bool) -> None:
        self.graph = graph
        self.direction = direction
        self.compact = compact
        self.room = NO_ROOM if compact else FRAME_ROOM[direction]
        self.nodes: dict[str, Box] = {}
        self.routes: dict[int, Route] = {}
        self.paths = group_paths(graph)

    def add_part(self, part: set[str], top: float) -> float:
        """Place one connected part with its upper border at `top`; its lower border. It begins at x = 0."""
        nodes = [node for node in self.graph.nodes if node.id in part]
        edges = [(i, edge) for i, edge in enumerate(self.graph.edges) if edge.source in part]
        vertices = Vertices(nodes, edges, self.paths.__getitem__, direction=self.direction, compact=self.compact)
        order = order_layers(vertices.layers(), [(a, b) for a, b, _ in vertices.links], vertices.paths)
        heights = align(order, vertices.links, vertices.distance)
        columns = vertices.columns(order)
        boxes = {
            v: Box(sum(columns[vertices.rank[v]]) / 2 - width / 2, heights[v] - height / 2, width, height)
            for v, (width, height) in enumerate(vertices.sizes)
        }
        whole = _union([_grown(boxes[v], self.room, len(vertices.paths[v])) for v in boxes])
        shift_x = -whole.x - whole.width / 2 if self.direction == "right" else -whole.x
        shift_y = top - whole.y
        boxes = {v: Box(b.x + shift_x, b.y + shift_y, b.width, b.height) for v, b in boxes.items()}
        for node in nodes:
            self.nodes[node.id] = boxes[vertices.of_node[node.id]]
        ports = _ports(vertices, boxes)
        sides = {v: (left + shift_x, right + shift_x) for v in boxes for left, right in [columns[vertices.rank[v]]]}
        solid = [[v for v in layer if vertices.sizes[v][0]] for layer in order]
        framed: dict[Path, dict[int, Box]] = {}  # where an edge is at home → boxes with the frames foreign to it
        for i, chain in vertices.chains.items():
            passed: list[list[Box]] = []
            if len(chain) > 2:  # else nothing lies between
                home = shared_path(vertices.paths[chain[0]], vertices.paths[chain[-1]])
                known = framed.setdefault(home, {})
                for layer in solid[vertices.rank[chain[0]] : vertices.rank[chain[-1]] + 1]:
                    for v in layer:
                        if v not in known:
                            path = vertices.paths[v]
                            known[v] = _grown(boxes[v], self.room, len(path) - len(shared_path(path, home)))
                    passed.append([known[v] for v in layer])
            self.routes[i] = _route(
                chain, boxes, sides, ports=ports[i], obstacles=passed, label=vertices.label_of.get(i)
            )
        return top + whole.height

    def finish(self) -> Layout:
        frames = {} if self.compact else self._frames()
        everything = [*self.nodes.values(), *frames.values(), *(r.label for r in self.routes.values() if r.label)]
        everything += [Box(x, y, 0, 0) for route in self.routes.values() for x, y in route.points]
        whole = _union(everything) if everything else Box(0, 0, 0, 0)
        dx, dy = MARGIN - whole.x, MARGIN - whole.y
        is_turned = self.direction == "down"

        def placed(box: Box) -> Box:
            x, y, width, height = (round(n, 1) for n in (box.x + dx, box.y + dy, box.width, box.height))
            return Box(y, x, height, width) if is_turned else Box(x, y, width, height)

        def point(x: float, y: float) -> tuple[float, float]:
            x, y = round(x + dx, 1), round(y + dy, 1)
            return (y, x) if is_turned else (x, y)

        width, height = round(whole.width + 2 * MARGIN, 1), round(whole.height + 2 * MARGIN, 1)
        routes = [self.routes[i] for i in range(len(self.graph.edges))]
        return Layout(
            direction=self.direction,
            width=height if is_turned else width,
            height=width if is_turned else height,
            nodes={node.id: placed(self.nodes[node.id]) for node in self.graph.nodes},
            edges=tuple(
                Route(tuple(point(x, y) for x, y in route.points), placed(route.label) if route.label else None)
                for route in routes
            ),
            groups={name: placed(box) for name, box in frames.items()},
        )

    def _frames(self) -> dict[str, Box]:
        inside: dict[str, list[Box]] = defaultdict(list)
        path_of = {node.id: self.paths[node.group] for node in self.graph.nodes}
        for name, box in self.nodes.items():
            if path_of[name]:
                inside[path_of[name][-1]].append(box)
        for i, route in self.routes.items():
            edge = self.graph.edges[i]
            if shared := shared_path(path_of[edge.source], path_of[edge.target]):
                ways = [Box(x, y, 0.0, 0.0) for x, y in route.points]
                inside[shared[-1]] += [*ways, route.label] if route.label else ways
        frames: dict[str, Box] = {}
        known = {group.id for group in self.graph.groups}
        for path in sorted(self.paths.values(), key=len, reverse=True):
            if path and inside[path[-1]] and path[-1] in known:
                frames[path[-1]] = _grown(_union(inside[path[-1]]), self.room, 1)
                if len(path) > 1:
                    inside[path[-2]].append(frames[path[-1]])
        return dict(sorted(frames.items(), key=lambda item: len(self.paths[item[0]])))


def _ports(vertices: Vertices, boxes: dict[int, Box]) -> dict[int, tuple[float, float]]:
    """Per edge how far from the middle it leaves its source and enters its target, so that edges do not share a line."""
    leaving: dict[int, list[tuple[float, int]]] = defaultdict(list)
    entering: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for i, chain in vertices.chains.items():
        leaving[chain[0]].append((boxes[chain[1]].middle[1], i))
        entering[chain[-1]].append((boxes[chain[-2]].middle[1], i))
    out: dict[int, float] = {}
    into: dict[int, float] = {}
    for sides, ports in ((leaving, out), (entering, into)):
        for vertex, members in sides.items():
            distance = min(PORT_DISTANCE, 0.7 * boxes[vertex].height / len(members))
            for place, (_, i) in enumerate(sorted(members)):
                ports[i] = (place - (len(members) - 1) / 2) * distance
    return {i: (out[i], into[i]) for i in vertices.chains}


def _route(
    chain: Sequence[int],
    boxes: Mapping[int, Box],
    sides: Mapping[int, tuple[float, float]],
    *,
    ports: tuple[float, float],
    obstacles: Sequence[Sequence[Box]],
    label: int | None,
) -> Route:
    """Level across the layers, bends between them, so that they meet no box; layers with nothing in the way are skipped.

    Args:
      sides: left and right of each vertex's layer.
      ports: how far from the middle of its ends the edge leaves and enters.
      obstacles: the boxes of each layer that the edge passes, ends included.
      label: the vertex of the pill on the edge.
    """
    first, last = boxes[chain[0]], boxes[chain[-1]]
    levels = [first.middle[1] + ports[0], *(boxes[v].middle[1] for v in chain[1:-1]), last.middle[1] + ports[1]]
    points = [(first.x + first.width, levels[0])]
    place, stop = 0, chain.index(label) if label is not None else len(chain) - 1
    while place < len(chain) - 1:
        points.append((sides[chain[place]][1], levels[place]))
        ahead = min(place + LOOK_AHEAD, stop if place < stop else len(chain) - 1)
        while ahead > place + 1:
            bend = Box(
                points[-1][0],
                min(levels[place], levels[ahead]) - CLEARANCE,
                sides[chain[ahead]][0] - points[-1][0],
                abs(levels[place] - levels[ahead]) + 2 * CLEARANCE,
            )
            if not any(_meet(bend, box) for layer in obstacles[place + 1 : ahead] for box in layer):
                break
            ahead -= 1
        place = ahead
        points.append((sides[chain[place]][0], levels[place]))
        if chain[place] == label:
            box = boxes[label]
            points += [(box.x, levels[place]), (box.x + box.width, levels[place])]
    points.append((last.x, levels[-1]))
    kept = [points[0], *(b for a, b in pairwise(points) if a != b)]
    return Route(tuple(kept), boxes[label] if label is not None else None)


def _meet(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def _grown(box: Box, room: FrameRoom, times: int) -> Box:
    """With room for so many frames around it."""
    if not times:
        return box
    return Box(
        box.x - times * room.before,
        box.y - times * room.above,
        box.width + times * (room.before + room.after),
        box.height + times * (room.above + room.below),
    )


def _union(boxes: Iterable[Box]) -> Box:
    boxes = list(boxes)
    left, top = min(b.x for b in boxes), min(b.y for b in boxes)
    right, bottom = max(b.x + b.width for b in boxes), max(b.y + b.height for b in boxes)
    return Box(left, top, right - left, bottom - top)
