"""The connected parts of a graph: a drawing may show a network in outline and, beside it, the cell it repeats."""

from __future__ import annotations

from collections import defaultdict

from nas.core.graph import Edge, Graph, Node


def connected_parts(graph: Graph) -> tuple[Graph, ...]:
    """Each part as a graph of its own, in the order of their first nodes; groups go with their members. O(nodes + edges)."""
    number = _part_numbers(graph)
    nodes: dict[int, list[Node]] = defaultdict(list)
    edges: dict[int, list[Edge]] = defaultdict(list)
    paths: dict[int, set[str | None]] = defaultdict(set)
    for node in graph.nodes:
        nodes[number[node.id]].append(node)
        paths[number[node.id]].add(node.group)
    for edge in graph.edges:
        edges[number[edge.source]].append(edge)
    parents = {group.id: group.parent for group in graph.groups}
    found = []
    for part, members in nodes.items():
        inside: set[str | None] = set()
        for innermost in paths[part]:
            group = innermost
            while group is not None and group not in inside:
                inside.add(group)
                group = parents.get(group)
        found.append(
            Graph(
                nodes=tuple(members),
                edges=tuple(edges[part]),
                groups=tuple(group for group in graph.groups if group.id in inside),
                title=graph.title,
                inputs=tuple(name for name in graph.inputs if number.get(name) == part),
                outputs=tuple(name for name in graph.outputs if number.get(name) == part),
            )
        )
    return tuple(found)


def part_title(part: Graph) -> str:
    """The label of the one outermost group that all nodes lie in; the graph's own title without such a group."""
    outermost = [group for group in part.groups if group.parent is None]
    grouped = all(node.group is not None for node in part.nodes)
    return outermost[0].label if len(outermost) == 1 and grouped else part.title


def _part_numbers(graph: Graph) -> dict[str, int]:
    touching: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        touching[edge.source].append(edge.target)
        touching[edge.target].append(edge.source)
    number: dict[str, int] = {}
    part = -1
    for node in graph.nodes:
        if node.id in number:
            continue
        part += 1
        number[node.id] = part
        waiting = [node.id]
        while waiting:
            for other in touching[waiting.pop()]:
                if other not in number:
                    number[other] = part
                    waiting.append(other)
    return number
