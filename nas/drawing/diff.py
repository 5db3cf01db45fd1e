"""Two architectures side by side, what differs marked in both pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nas.analysis.diff import ArchitectureDiff, Change, Kind
from nas.core.graph import Graph
from nas.drawing.collapse import box_id, collapse_traced
from nas.drawing.direction import direction_for
from nas.drawing.frame import Direction
from nas.drawing.marks import Difference, Marks
from nas.drawing.svg import GroupLink, draw


def draw_diff(
    diff: ArchitectureDiff,
    *,
    collapsed: tuple[Collection[str], Collection[str]] = ((), ()),
    links: tuple[Mapping[str, GroupLink], Mapping[str, GroupLink]] | None = None,
) -> tuple[str, str]:
    """The pictures of the first and the second architecture, both running the same way.

    A closed group, and an edge that stands for several, is marked as changed when something in it differs.

    Args:
      collapsed: closed groups of the first and of the second graph.
      links: by group, of the first and of the second graph.
    """
    sides = [
        _side(
            diff.first,
            collapsed[0],
            nodes={n.first: (n.kind, n.changes) for n in diff.graph.nodes if n.first is not None},
            edges={e.first: e.kind for e in diff.graph.edges if e.first is not None},
            groups={g.first: g.kind for g in diff.graph.groups if g.first is not None},
        ),
        _side(
            diff.second,
            collapsed[1],
            nodes={n.second: (n.kind, n.changes) for n in diff.graph.nodes if n.second is not None},
            edges={e.second: e.kind for e in diff.graph.edges if e.second is not None},
            groups={g.second: g.kind for g in diff.graph.groups if g.second is not None},
        ),
    ]
    ways: set[Direction] = {direction_for(graph) for graph, _ in sides}
    direction: Direction = "down" if "down" in ways else "right"
    first, second = (
        draw(whole, collapsed=closed, direction=direction, marks=marks, links=links[i] if links else None)
        for i, (whole, closed, (_, marks)) in enumerate(zip((diff.first, diff.second), collapsed, sides, strict=True))
    )
    return first, second


def _side(
    graph: Graph,
    collapsed: Collection[str],
    *,
    nodes: Mapping[str, tuple[Kind, tuple[Change, ...]]],
    edges: Mapping[int, Kind],
    groups: Mapping[str, Kind],
) -> tuple[Graph, Marks]:
    """The graph as shown, and its marks by the nodes and edges shown."""
    closed = collapse_traced(graph, collapsed)
    whole_groups = {box_id(group): kind for group, kind in groups.items()}
    inside: dict[str, set[Difference]] = {}
    for node, place in closed.place.items():
        inside.setdefault(place, set()).add(nodes[node][0])
    for i, edge in enumerate(graph.edges):
        if closed.place[edge.source] == closed.place[edge.target] and edges[i] != "same":
            inside[closed.place[edge.source]].add("changed")
    marked: dict[str, Difference] = {}
    for place, kinds in inside.items():
        marked[place] = whole_groups[place] if whole_groups.get(place, "same") != "same" else _together(kinds)
    words = {node: _in_words(changes) for node, (_, changes) in nodes.items() if changes}
    return closed.graph, Marks(
        nodes=marked,
        edges={i: _together({edges[origin] for origin in origins}) for i, origins in enumerate(closed.origins)},
        words=words,
    )


def _together(kinds: Collection[Difference]) -> Difference:
    return next(iter(kinds)) if len(set(kinds)) == 1 else "changed"


def _in_words(changes: tuple[Change, ...]) -> str:
    return "; ".join(f"{change.aspect}: {change.before} → {change.after}" for change in changes)
