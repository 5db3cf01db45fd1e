"""An architecture as an SVG picture: no scripts, all text escaped, the same bytes for the same architecture.

Colours are CSS custom properties with defaults, so a picture put into a page follows its theme, and a file stands alone.
Nodes carry `data-node`, edges `data-edge` and `data-operation`, groups `data-group`, for pages that react to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.collapse import box_id, collapse, group_label
from nas.drawing.direction import direction_for
from nas.drawing.document import document, living_last
from nas.drawing.frame import TITLE, Direction
from nas.drawing.layout import Box, Layout, Route, layered
from nas.drawing.marks import Marks, badge_on, colour, stroke
from nas.drawing.measure import FONT_SIZE, LINE_HEIGHT, SMALL_SIZE, node_lines, shape_text, text_width
from nas.drawing.palette import FRAME, GROUND, INK, MUTED, WIRE, family_of, fill, line
from nas.drawing.thumbnail import thumbnail
from nas.drawing.wire import curve, head, shortened

VERSION = 3
"""Of the way pictures look: kept pictures of another version are drawn again."""

_SAME_OPACITY = 0.55
_STACK = 4.0
_SIGN = 13.0


@dataclass(frozen=True, slots=True)
class GroupLink:
    """Where a click on a closed or open group leads, and what it does in words."""

    href: str
    words: str


def draw(
    graph: Graph,
    *,
    compact: bool = False,
    collapsed: Collection[str] = frozenset(),
    direction: Direction | None = None,
    links: Mapping[str, GroupLink] | None = None,
    marks: Marks | None = None,
) -> str:
    """The picture as text, its size in pixels in `width` and `height`.

    Args:
      compact: a thumbnail of at most 120×72 without text: of the part that is repeated most, if any is.
      collapsed: groups to show as one box; see `nas.drawing.collapse`.
      direction: the way the arrows point; by default down for what would be a long strip.
      links: by group, for pictures in which groups can be opened and closed.
      marks: differences to show; what is not marked steps back.
    """
    if compact:
        return thumbnail(graph)
    shown = collapse(graph, collapsed)
    layout = layered(shown, direction=direction or direction_for(shown))
    return _Picture(graph, shown, layout, links or {}, marks).text()


class _Picture:
    """One drawing in the making."""

    def __init__(
        self, whole: Graph, shown: Graph, layout: Layout, links: Mapping[str, GroupLink], marks: Marks | None
    ) -> None:
        self.graph = shown
        self.layout = layout
        self.links = links
        self.marks = marks
        open_groups = {group.id for group in shown.groups}
        self.closed = {box_id(group.id): group for group in whole.groups if group.id not in open_groups}

    def text(self) -> str:
        layout, graph = self.layout, self.graph
        body = "".join(self._parts())
        return document(
            graph, layout.width, layout.height, "nas-graph" + (" is-compared" if self.marks else ""), body,
            is_interactive=bool(self.links),
        )  # fmt: skip

    def _parts(self) -> Iterator[str]:
        layout, graph = self.layout, self.graph
        for group in graph.groups:
            if group.id in layout.groups:
                yield _frame(layout.groups[group.id])
        for i, edge in living_last(graph):
            yield self._edge(i, edge, layout.edges[i])
        for group in graph.groups:
            if group.id in layout.groups:
                yield self._frame_title(group, layout.groups[group.id])
        for node in graph.nodes:
            yield self._node(node, layout.nodes[node.id])
        for i, edge in living_last(graph):
            if (label := layout.edges[i].label) is not None:
                yield self._pill(i, edge, label)
        if self.marks:
            for node in graph.nodes:
                yield badge_on(layout.nodes[node.id], self.marks.of_node(node.id))
            for i in range(len(graph.edges)):
                if (label := layout.edges[i].label) is not None:
                    yield badge_on(label, self.marks.of_edge(i))

    def _linked(self, group: str, body: str, *, is_open: bool) -> str:
        if group not in self.links:
            return body
        link = self.links[group]
        state = "open" if is_open else "closed"
        return (
            f'<a href="{escape(link.href)}" class="graph-toggle is-{state}" data-toggle="{escape(group)}" '
            f'aria-label="{escape(link.words)}">{body}</a>'
        )

    def _frame_title(self, group: Group, box: Box) -> str:
        """Over the edges, with a rim in the colour of the ground, so that an edge never strikes it through."""
        sign = "− " if group.id in self.links else ""
        title = _fitting(sign + group_label(group), box.width - 24, SMALL_SIZE + 1)
        text = (
            f'<text x="{box.x + 14:g}" y="{box.y + 19:g}" style="fill:{MUTED};font-size:{SMALL_SIZE + 1:g}px;font-weight:600;'
            f'paint-order:stroke;stroke:{GROUND};stroke-width:6px;stroke-linejoin:round">{escape(title)}</text>'
        )
        if group.id in self.links:  # a place to hit that is larger than the letters
            width = text_width(title, SMALL_SIZE + 1) + 16
            place = Box(box.x + 6, box.y + 3, width, TITLE)
            text = _rect(place, "fill:transparent") + text
        return (
            f'<g class="graph-group" data-group="{escape(group.id)}"><title>{escape(group_label(group))}</title>'
            f"{self._linked(group.id, text, is_open=True)}</g>"
        )

    def _node(self, node: Node, box: Box) -> str:
        family = family_of(node.operation)
        difference = self.marks.of_node(node.id) if self.marks else "same"
        group = self.closed.get(node.id)
        x, _ = box.middle
        lines = node_lines(node)
        label_y = box.y + box.height / 2 - len(lines) * LINE_HEIGHT / 2
        texts = [
            f'<text x="{x:g}" y="{label_y:g}" style="font-size:{FONT_SIZE:g}px;font-weight:500">{escape(node.label)}</text>'
        ]
        texts += [
            f'<text x="{x:g}" y="{label_y + 2 + LINE_HEIGHT * i:g}" style="font-size:{SMALL_SIZE:g}px;opacity:.75">{escape(text)}</text>'
            for i, text in enumerate(lines, start=1)
        ]
        look = f"fill:{fill(family)};stroke:{line(family)};stroke-width:1.2"
        stack = ""
        if group is not None:  # a second edge behind says that there is more inside
            stack = _rect(Box(box.x + _STACK, box.y + _STACK, box.width, box.height), look)
            if group.id in self.links:
                texts.append(
                    f'<text x="{box.x + box.width - 9:g}" y="{box.y + 10:g}" style="font-size:{_SIGN:g}px;font-weight:700">+</text>'
                )
        body = (
            f"<title>{escape(self._in_words(node))}</title>{stack}{_rect(box, look + stroke(difference))}"
            f'<g text-anchor="middle" dominant-baseline="central" style="fill:{INK}">{"".join(texts)}</g>'
        )
        faded = f' opacity="{_SAME_OPACITY}"' if self.marks and difference == "same" else ""
        state = f" is-{difference}" if difference != "same" else ""
        of_group = f' data-group="{escape(group.id)}"' if group is not None else ""
        return (
            f'<g class="graph-node op-{family}{state}" data-node="{escape(node.id)}"{of_group}{faded}>'
            f"{self._linked(group.id, body, is_open=False) if group is not None else body}</g>"
        )

    def _in_words(self, node: Node) -> str:
        facts = [node.label, shape_text(node.shape)]
        facts += [f"{count:,} {noun}" for count, noun in ((node.params, "parameters"), (node.macs, "MACs")) if count]
        facts += [self.marks.words.get(node.id, "")] if self.marks else []
        return ", ".join(filter(None, facts))

    def _edge(self, number: int, edge: Edge, route: Route) -> str:
        difference = self.marks.of_edge(number) if self.marks else "same"
        tint = colour(difference) or (line(family_of(edge.operation)) if edge.operation else WIRE)
        direction = self.layout.direction
        dead = ";stroke-dasharray:4 5;opacity:.45" if edge.is_dead else ""
        path = curve(shortened(route.points, direction), direction, gap=route.label)
        faded = f' opacity="{_SAME_OPACITY}"' if self.marks and difference == "same" else ""
        state = (" is-dead" if edge.is_dead else "") + (f" is-{difference}" if difference != "same" else "")
        return (
            f'<g class="graph-edge{state}" data-edge="{number}" data-operation="{escape(edge.operation)}"{faded}>'
            f'<path d="{path}" style="fill:none;stroke:{tint};stroke-width:{1.3 if edge.is_dead else 1.8}{dead}{stroke(difference)}"/>'
            f'<path d="{head(route.points[-1], direction)}" style="fill:{tint}{";opacity:.45" if edge.is_dead else ""}"/></g>'
        )

    def _pill(self, number: int, edge: Edge, box: Box) -> str:
        family = family_of(edge.operation)
        difference = self.marks.of_edge(number) if self.marks else "same"
        x, y = box.middle
        opacity = _SAME_OPACITY if (self.marks and difference == "same") or edge.is_dead else 1
        dashes = ";stroke-dasharray:3 3" if edge.is_dead else ""
        return (
            f'<g class="graph-label op-{family}" data-edge="{number}"'
            + (f' opacity="{opacity}"' if opacity < 1 else "")
            + ">"
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{box.height / 2:g}" '
            f'style="fill:{fill(family)};stroke:{line(family)}{dashes}{stroke(difference)}"/>'
            f'<text x="{x:g}" y="{y:g}" text-anchor="middle" dominant-baseline="central" '
            f'style="fill:{INK};font-size:{SMALL_SIZE:g}px">{escape(edge.label)}</text></g>'
        )


def _frame(box: Box) -> str:
    return (
        f'<rect class="graph-frame" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="12" '
        f'style="fill:{FRAME};fill-opacity:.06;stroke:{FRAME};stroke-opacity:.45"/>'
    )


def _rect(box: Box, look: str) -> str:
    return f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="9" style="{look}"/>'


def _fitting(text: str, width: float, font_size: float) -> str:
    """Shortened with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, font_size) <= width:
        return text
    while text and text_width(text + "…", font_size) > width:
        text = text[:-1]
    return text.rstrip() + "…"
