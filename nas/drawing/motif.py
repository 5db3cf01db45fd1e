"""What is worth seeing of a network that repeats itself."""

from __future__ import annotations

from nas.core.graph import Graph


def motif(graph: Graph) -> Graph:
    """The part inside the frame that is repeated most often; all of the graph when none is repeated."""
    most = max(graph.groups, key=lambda group: group.repeats, default=None)
    if most is None or most.repeats == 1:
        return graph
    parents = {group.id: group.parent for group in graph.groups}

    def is_inside(group: str | None) -> bool:
        while group is not None and group != most.id:
            group = parents.get(group)
        return group is not None

    nodes = tuple(node for node in graph.nodes if is_inside(node.group))
    ids = {node.id for node in nodes}
    if not ids:
        return graph
    edges = tuple(edge for edge in graph.edges if edge.source in ids and edge.target in ids)
    return Graph(nodes, edges, title=graph.title)
