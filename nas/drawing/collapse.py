"""Closing groups: each becomes one box that stands for its members, edges lead to the box."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from nas.core.graph import Edge, Graph, Group, Node
from nas.drawing.frame import Path, group_paths
from nas.drawing.layers import longest_path_layers

GROUP = "group"
"""The operation of a box that stands for a group."""


def box_id(group: str) -> str:
    """Id of the node that stands for a closed group."""
    return f"{GROUP}:{group}"


@dataclass(frozen=True, slots=True)
class Closed:
    """A graph with closed groups, and where things of the whole graph are in it.

    Attributes:
      place: node of the whole graph → the node that is or holds it.
      origins: for each edge the numbers of the edges it stands for.
    """

    graph: Graph
    place: Mapping[str, str]
    origins: tuple[tuple[int, ...], ...]


def collapse(graph: Graph, groups: Collection[str]) -> Graph:
    """`graph` with these groups as one box each: label, repeats, summed costs, the shape that leaves it.

    Ids that name no group are passed over. A group stays open when closing it would tie a cycle: when something outside
    reads one of its members and is read by another. Edges that come to join the same two boxes become one.
    """
    return collapse_traced(graph, groups).graph


def collapse_traced(graph: Graph, groups: Collection[str]) -> Closed:
    """As `collapse`, telling what became of each node and edge."""
    closed = _closed(graph, groups)
    if closed and not _is_acyclic(graph, closed):
        kept: set[str] = set()
        for group in dict.fromkeys(closed.values()):
            if _is_acyclic(graph, _closed(graph, {*kept, group})):
                kept.add(group)
        closed = _closed(graph, kept)
    place = {node.id: box_id(closed[node.id]) if node.id in closed else node.id for node in graph.nodes}
    if not closed:
        return Closed(graph, place, tuple((i,) for i in range(len(graph.edges))))
    paths = group_paths(graph)
    gone = set(closed.values())
    origins = _origins(graph, place)
    shown = Graph(
        nodes=_nodes(graph, closed),
        edges=tuple(_edge(graph, place, numbers) for numbers in origins),
        groups=tuple(group for group in graph.groups if not gone.intersection(paths[group.id])),
        title=graph.title,
        inputs=tuple(dict.fromkeys(place[name] for name in graph.inputs)),
        outputs=tuple(dict.fromkeys(place[name] for name in graph.outputs)),
    )
    return Closed(shown, place, origins)


def _closed(graph: Graph, groups: Collection[str]) -> dict[str, str]:
    """Node → the outermost of `groups` that it lies in, for the nodes that lie in one."""
    paths = group_paths(graph)
    known = {group.id for group in graph.groups}.intersection(groups)
    outermost = {inner: next((group for group in path if group in known), None) for inner, path in paths.items()}
    return {node.id: group for node in graph.nodes if (group := outermost[node.group]) is not None}


def _is_acyclic(graph: Graph, closed: dict[str, str]) -> bool:
    place = {node.id: box_id(closed[node.id]) if node.id in closed else node.id for node in graph.nodes}
    edges = {(place[edge.source], place[edge.target]) for edge in graph.edges}
    try:
        longest_path_layers(dict.fromkeys(place.values(), ()), [(a, b) for a, b in edges if a != b])
    except ValueError:
        return False
    return True


def _nodes(graph: Graph, closed: dict[str, str]) -> tuple[Node, ...]:
    members: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node.id in closed:
            members[closed[node.id]].append(node)
    of_id = {group.id: group for group in graph.groups}
    paths = group_paths(graph)
    left = {edge.source for edge in graph.edges if closed.get(edge.source) != closed.get(edge.target)}
    left.update(graph.outputs)
    found: list[Node] = []
    for node in graph.nodes:
        if node.id not in closed:
            found.append(node)
        elif members[closed[node.id]][0] is node:
            found.append(_box(of_id[closed[node.id]], members[closed[node.id]], left, paths, of_id))
    return tuple(found)


def _box(
    group: Group, members: list[Node], left: set[str], paths: Mapping[str | None, Path], of_id: Mapping[str, Group]
) -> Node:
    """Members that are repeated inside the group, and the group if it is repeated, count that often."""
    times = {
        inner: prod(of_id[name].repeats for name in paths[inner][paths[inner].index(group.id) :] if name in of_id)
        for inner in {node.group for node in members}
    }
    shapes = [node.shape for node in members if node.id in left and node.shape]
    shapes = shapes or [node.shape for node in members if node.shape]
    return Node(
        id=box_id(group.id),
        label=group_label(group),
        operation=GROUP,
        group=group.parent,
        shape=shapes[-1] if shapes else None,
        params=sum(node.params * times[node.group] for node in members),
        macs=sum(node.macs * times[node.group] for node in members),
    )


def group_label(group: Group) -> str:
    """With how often it is repeated."""
    return f"{group.label} × {group.repeats}" if group.repeats > 1 else group.label


def _origins(graph: Graph, place: Mapping[str, str]) -> tuple[tuple[int, ...], ...]:
    """Which edges become one: those untouched stay alone, of the others all that join the same boxes. Inner ones are gone."""
    alone: list[tuple[int, ...]] = []
    joined: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, edge in enumerate(graph.edges):
        ends = place[edge.source], place[edge.target]
        if ends == (edge.source, edge.target):
            alone.append((i,))
        elif ends[0] != ends[1]:
            joined[ends].append(i)
    return (*alone, *map(tuple, joined.values()))


def _edge(graph: Graph, place: Mapping[str, str], numbers: Sequence[int]) -> Edge:
    """Several edges as one have no operation."""
    edges = [graph.edges[i] for i in numbers]
    first, is_dead = edges[0], all(edge.is_dead for edge in edges)
    operation, label = (first.operation, first.label) if len(edges) == 1 else ("", "")
    return Edge(place[first.source], place[first.target], operation, label, is_dead)
