"""An architecture as an SVG picture: no scripts, all text escaped, the same bytes for the same architecture.

Colours are CSS custom properties with defaults, so a picture put into a page follows its theme, and a file stands alone.
Nodes carry `data-node`, edges `data-edge` and `data-operation`, for pages that react to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.layout import Box, Route, layered
from nas.drawing.measure import FONT_SIZE, SMALL_SIZE, shape_text
from nas.drawing.motif import motif
from nas.drawing.palette import FRAME, INK, MUTED, WIRE, family_of, fill, line

THUMBNAIL_WIDTH = 120.0
THUMBNAIL_HEIGHT = 72.0
_THUMBNAIL_MARGIN = 7.0
_ARROW = 6.0
_FONT = "font-family:var(--graph-font,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif)"


def draw(graph: Graph, *, compact: bool = False) -> str:
    """The picture as text, its size in pixels in `width` and `height`.

    Args:
      compact: a thumbnail of at most 120×72 without text: of the part that is repeated most, if any is.
    """
    return _thumbnail(graph) if compact else _picture(graph)


def _picture(graph: Graph) -> str:
    layout = layered(graph)
    parts = [
        *(_frame(group, layout.groups[group.id]) for group in graph.groups if group.id in layout.groups),
        *(_edge(i, edge, layout.edges[i]) for i, edge in _dead_first(graph)),
        *(_node(node, layout.nodes[node.id]) for node in graph.nodes),
        *(_pill(i, edge, layout.edges[i].label) for i, edge in _dead_first(graph)),
    ]
    return _svg(graph, layout.width, layout.height, "nas-graph", "".join(parts))


def _svg(graph: Graph, width: float, height: float, css_class: str, body: str) -> str:
    title = escape(graph.title or "Architecture")
    style = "max-width:100%;height:auto" + (f";{_FONT}" if "<text" in body else "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}" role="img" aria-label="{title}" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'style="{style}">'
        f"<title>{title}</title><desc>{escape(_in_words(graph))}</desc>{body}</svg>"
    )


def _in_words(graph: Graph) -> str:
    """The edges as sentences, for readers who do not see the picture."""
    label = {node.id: node.label for node in graph.nodes}
    said = []
    for edge in graph.edges:
        by = f" by {edge.label}" if edge.label else ""
        dead = ", without influence" if edge.is_dead else ""
        said.append(f"{label[edge.source]} to {label[edge.target]}{by}{dead}")
    return "; ".join(said) + "." if said else ""


def _dead_first(graph: Graph) -> Iterator[tuple[int, Edge]]:
    """Living edges lie on top."""
    yield from sorted(enumerate(graph.edges), key=lambda item: not item[1].is_dead)


def _frame(group: Group, box: Box) -> str:
    repeats = f" × {group.repeats}" if group.repeats > 1 else ""
    return (
        f'<g class="graph-group" data-group="{escape(group.id)}">'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="12" '
        f'style="fill:{FRAME};fill-opacity:.06;stroke:{FRAME};stroke-opacity:.45"/>'
        f'<text x="{box.x + 14:g}" y="{box.y + 19:g}" '
        f'style="fill:{MUTED};font-size:{SMALL_SIZE + 1:g}px;font-weight:600">{escape(group.label + repeats)}</text></g>'
    )


def _node(node: Node, box: Box) -> str:
    family = family_of(node.operation)
    x, y = box.middle
    detail = shape_text(node.shape)
    label_y = y - 7 if detail else y
    facts = [node.label, detail]
    facts += [f"{count:,} {noun}" for count, noun in ((node.params, "parameters"), (node.macs, "MACs")) if count]
    second = (
        f'<text x="{x:g}" y="{y + 10:g}" style="font-size:{SMALL_SIZE:g}px;opacity:.72">{detail}</text>'
        if detail
        else ""
    )
    return (
        f'<g class="graph-node op-{family}" data-node="{escape(node.id)}"><title>{escape(", ".join(filter(None, facts)))}</title>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="9" '
        f'style="fill:{fill(family)};stroke:{line(family)};stroke-width:1.2"/>'
        f'<g text-anchor="middle" dominant-baseline="central" style="fill:{INK}">'
        f'<text x="{x:g}" y="{label_y:g}" style="font-size:{FONT_SIZE:g}px;font-weight:500">{escape(node.label)}</text>'
        f"{second}</g></g>"
    )


def _edge(number: int, edge: Edge, route: Route) -> str:
    colour = line(family_of(edge.operation)) if edge.operation else WIRE
    dead = ";stroke-dasharray:4 5;opacity:.45" if edge.is_dead else ""
    head = ";opacity:.45" if edge.is_dead else ""
    *before, (x, y) = route.points
    path = _curve([*before, (x - _ARROW + 1, y)], gap=route.label)
    state = " is-dead" if edge.is_dead else ""
    return (
        f'<g class="graph-edge{state}" data-edge="{number}" data-operation="{escape(edge.operation)}">'
        f'<path d="{path}" style="fill:none;stroke:{colour};stroke-width:{1.3 if edge.is_dead else 1.8}{dead}"/>'
        f'<path d="M{x:g} {y:g}l{-_ARROW - 1:g} -3.6v7.2z" style="fill:{colour}{head}"/></g>'
    )


def _pill(number: int, edge: Edge, box: Box | None) -> str:
    if box is None:
        return ""
    family = family_of(edge.operation)
    x, y = box.middle
    dead = ' opacity=".55"' if edge.is_dead else ""
    dashes = ";stroke-dasharray:3 3" if edge.is_dead else ""
    return (
        f'<g class="graph-label op-{family}" data-edge="{number}"{dead}>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{box.height / 2:g}" '
        f'style="fill:{fill(family)};stroke:{line(family)}{dashes}"/>'
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" dominant-baseline="central" '
        f'style="fill:{INK};font-size:{SMALL_SIZE:g}px">{escape(edge.label)}</text></g>'
    )


def _curve(points: list[tuple[float, float]], gap: Box | None = None) -> str:
    """Through all points, level at each, straight where two lie on one height; nothing behind the pill `gap`."""
    x, y = points[0]
    path = [f"M{x:g} {y:g}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if gap is not None and x0 == gap.x:
            path.append(f"M{x1:g} {y1:g}")
        elif abs(y0 - y1) < 0.05:
            path.append(f"H{x1:g}")
        else:
            bend = round((x0 + x1) / 2, 1)
            path.append(f"C{bend:g} {y0:g} {bend:g} {y1:g} {x1:g} {y1:g}")
    return "".join(path)


def _thumbnail(graph: Graph) -> str:
    part = motif(graph)
    layout = layered(part, compact=True)
    across = min((THUMBNAIL_WIDTH - 2 * _THUMBNAIL_MARGIN) / layout.width, 1.8)
    down = min((THUMBNAIL_HEIGHT - 2 * _THUMBNAIL_MARGIN) / layout.height, 2.4 * across)  # flat graphs are stretched
    radius = max(1.2, min(4.5, 5 * min(across, down)))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point[0] - layout.width / 2, point[1] - layout.height / 2
        return round(THUMBNAIL_WIDTH / 2 + x * across, 1), round(THUMBNAIL_HEIGHT / 2 + y * down, 1)

    parts = []
    for i, edge in _dead_first(part):
        colour = line(family_of(edge.operation)) if edge.operation else WIRE
        ends = (layout.nodes[edge.source].middle, layout.nodes[edge.target].middle)
        path = _curve([place(point) for point in (ends[0], *layout.edges[i].points[1:-1], ends[1])])
        look = (
            ";stroke-dasharray:2 3;opacity:.35" if edge.is_dead else _THUMBNAIL_LINES.get(family_of(edge.operation), "")
        )
        parts.append(f'<path d="{path}" style="fill:none;stroke:{colour}{look}"/>')
    for node in part.nodes:
        family = family_of(node.operation)
        x, y = place(layout.nodes[node.id].middle)
        parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" style="fill:{fill(family)};stroke:{line(family)}"/>'
        )
    return _svg(part, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT, "nas-graph is-compact", "".join(parts))


# width and dashes tell families apart where there is no text and perhaps no colour
_THUMBNAIL_LINES = {
    "conv3": ";stroke-width:2.6",
    "conv1": ";stroke-width:1.6",
    "pool": ";stroke-width:1.8;stroke-dasharray:1 2.4;stroke-linecap:round",
    "skip": ";stroke-width:1",
}
