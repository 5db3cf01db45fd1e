"""An architecture as nodes, edges and groups: what pages draw and path statistics read."""

from __future__ import annotations

from dataclasses import dataclass, field

Shape = tuple[int, ...]
"""Shape of one example without the batch axis, channels first: (C, H, W) for images."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box. `operation` is a registered operation's name, or "input", "output", "add", "concat", "stem", "head"."""

    id: str
    label: str
    operation: str
    group: str | None = None
    shape: Shape | None = None
    params: int = 0
    macs: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow; `operation` is set where the operation sits on the edge (NAS-Bench-201, DARTS), "" where on nodes."""

    source: str
    target: str
    operation: str = ""
    label: str = ""
    is_dead: bool = False  # does not influence the output ("none", or unreachable)


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around nodes that can be collapsed; frames nest by `parent`; `repeats` > 1 says the same thing n times."""

    id: str
    label: str
    parent: str | None = None
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    title: str = ""
    inputs: tuple[str, ...] = field(default=())
    outputs: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        ids = {node.id for node in self.nodes}
        if len(ids) != len(self.nodes):
            raise ValueError("two nodes of a graph share an id")
        stray = [e for e in self.edges if e.source not in ids or e.target not in ids]
        if stray:
            raise ValueError(f"edge {stray[0].source} → {stray[0].target} names a node that is not there")
