"""An architecture in 120×72 pixels without text: its motif as dots and lines, a chain of layers as bars."""

from __future__ import annotations

from collections import defaultdict
from math import log2

from nas.core.graph import Edge, Graph, Node
from nas.drawing.collapse import collapse
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.document import document, living_last
from nas.drawing.frame import Path
from nas.drawing.layers import longest_path_layers
from nas.drawing.layout import layered
from nas.drawing.motif import motif
from nas.drawing.palette import WIRE, family_of, fill, kernel_of, line
from nas.drawing.wire import curve

WIDTH = 120.0
HEIGHT = 72.0
_MARGIN = 7.0
_CHAIN_SHARE = 0.8
_FEWEST_BARS = 4
_JOINTS = frozenset({"add", "concat", "multiply", "input", "output"})
_MOST_DOTS = 60
_MANY_EDGES = 45

# dashes tell families apart where there is no text and perhaps no colour; the width tells the kernel
_DASHES = {
    "pool": ";stroke-dasharray:1 2.4;stroke-linecap:round",
    "max_pool": ";stroke-dasharray:1 2.4;stroke-linecap:round",
    "dilated": ";stroke-dasharray:5 1.6",
}


def thumbnail(graph: Graph) -> str:
    """The picture as text."""
    part = motif(graph)
    if len(part.nodes) > _MOST_DOTS:
        part = collapse(part, default_collapsed(part))
    body = _bars(part) if _is_chain(part) else _dots(part)
    return document(part, WIDTH, HEIGHT, "nas-graph is-compact", body)


def _is_chain(graph: Graph) -> bool:
    """Nearly all nodes on one path, and what there is to tell is told by nodes."""
    if len(_layers_of(graph)) < _FEWEST_BARS or any(edge.operation for edge in graph.edges):
        return False
    nodes: dict[str, Path] = dict.fromkeys((node.id for node in graph.nodes), ())
    depth = longest_path_layers(nodes, [(edge.source, edge.target) for edge in graph.edges])
    return len(set(depth.values())) >= _CHAIN_SHARE * len(graph.nodes)


def _layers_of(graph: Graph) -> list[Node]:
    """What becomes a bar: not where values only meet or enter."""
    return [node for node in graph.nodes if family_of(node.operation) not in _JOINTS]


def _bars(graph: Graph) -> str:
    """A bar per layer: higher with more channels, wider with a larger kernel, in its colour; arcs where layers are skipped."""
    layers = _layers_of(graph)
    slot = (WIDTH - 2 * _MARGIN) / len(layers)
    most = max((log2(1 + node.shape[0]) for node in layers if node.shape), default=1.0)
    top = _MARGIN + 9
    middles: dict[str, float] = {}
    parts = []
    for i, node in enumerate(layers):
        share = log2(1 + node.shape[0]) / most if node.shape else 0.6
        height = (HEIGHT - _MARGIN - top) * share
        width = slot * min(0.92, 0.42 + 0.08 * (kernel_of(node.operation) or 1))
        middles[node.id] = _MARGIN + slot * (i + 0.5)
        family = family_of(node.operation)
        parts.append(
            f'<rect x="{middles[node.id] - width / 2:.1f}" y="{HEIGHT - _MARGIN - height:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}" rx="{min(1.5, width / 3):.1f}" style="fill:{fill(family)};stroke:{line(family)};stroke-width:.8"/>'
        )
    parts += [_arc(middles[a], middles[b], top - 2) for a, b in _skips(graph, list(middles))]
    return "".join(parts)


def _skips(graph: Graph, order: list[str]) -> list[tuple[str, str]]:
    """Pairs of layers that an edge joins over the heads of layers between; joints stand for the layer before them."""
    place = {name: i for i, name in enumerate(order)}
    stands_for: dict[str, str | None] = {}
    last = None
    for node in graph.nodes:
        last = node.id if node.id in place else last
        stands_for[node.id] = last
    found = []
    for edge in graph.edges:
        source, target = stands_for[edge.source], stands_for[edge.target]
        if source and target and place[target] - place[source] > 1 and not edge.is_dead:
            found.append((source, target))
    return list(dict.fromkeys(found))


def _arc(left: float, right: float, level: float) -> str:
    rise = min(level - 2, 2 + (right - left) / 5)
    return (
        f'<path d="M{left:.1f} {level:.1f}C{left:.1f} {level - rise:.1f} {right:.1f} {level - rise:.1f} {right:.1f} {level:.1f}" '
        f'style="fill:none;stroke:{WIRE};stroke-width:.8"/>'
    )


def _dots(part: Graph) -> str:
    layout = layered(part, compact=True)
    across = min((WIDTH - 2 * _MARGIN) / layout.width, 1.8)
    down = min((HEIGHT - 2 * _MARGIN) / layout.height, 2.4 * across)  # flat graphs are stretched
    radius = max(1.6, min(4.5, 5 * min(across, down)))
    thin = 0.55 if len(part.edges) > _MANY_EDGES else 1.0

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point[0] - layout.width / 2, point[1] - layout.height / 2
        return round(WIDTH / 2 + x * across, 1), round(HEIGHT / 2 + y * down, 1)

    ways: dict[str, list[str]] = defaultdict(list)  # look → what has it: one element for all keeps pictures small
    for i, edge in living_last(part):
        ends = (layout.nodes[edge.source].middle, layout.nodes[edge.target].middle)
        points = [place(point) for point in (ends[0], *layout.edges[i].points[1:-1], ends[1])]
        ways[_line_of(edge, thin)].append(curve(points))
    dots: dict[str, list[str]] = defaultdict(list)
    for node in part.nodes:
        x, y = place(layout.nodes[node.id].middle)
        dots[family_of(node.operation)].append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:.3g}"/>')
    return "".join(
        [
            *(f'<path d="{"".join(paths)}" style="fill:none;{look}"/>' for look, paths in ways.items()),
            *(
                f'<g style="fill:{fill(family)};stroke:{line(family)}">{"".join(circles)}</g>'
                for family, circles in dots.items()
            ),
        ]
    )


def _line_of(edge: Edge, thin: float) -> str:
    family = family_of(edge.operation)
    tint = line(family) if edge.operation else WIRE
    if edge.is_dead:
        return f"stroke:{tint};stroke-dasharray:2 3;opacity:.35"
    width = thin * (1.0 + 0.5 * min(kernel_of(edge.operation) or 0, 7) if edge.operation else 1.0)
    return f"stroke:{tint};stroke-width:{width:.3g}{_DASHES.get(family, '')}"
