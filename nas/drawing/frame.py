"""Which way a drawing runs, which frames lie in which, and the room that they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nas.core.graph import Graph

Path = tuple[str, ...]
"""The groups a vertex lies in, outermost first; members of a group stay together."""

Direction = Literal["right", "down"]
"""Where the arrows point. Layouts are made running to the right; one that runs down is turned at the end."""

PADDING = 16.0
TITLE = 22.0


@dataclass(frozen=True, slots=True)
class FrameRoom:
    """Room between a frame and what it holds, as the layers run: before and after along them, before and after across."""

    before: float
    after: float
    above: float
    below: float


# the title stands above what the frame holds, whichever way the layers run
FRAME_ROOM: dict[Direction, FrameRoom] = {
    "right": FrameRoom(before=PADDING, after=PADDING, above=TITLE + PADDING / 2, below=PADDING),
    "down": FrameRoom(before=TITLE + PADDING / 2, after=PADDING, above=PADDING, below=PADDING),
}
NO_ROOM = FrameRoom(0.0, 0.0, 0.0, 0.0)


def group_paths(graph: Graph) -> dict[str | None, Path]:
    """Each group, and None, with the groups it lies in and itself, outermost first; one that lies in itself is met once."""
    parents = {group.id: group.parent for group in graph.groups}
    paths: dict[str | None, Path] = {None: ()}
    for name in dict.fromkeys([*parents, *(node.group for node in graph.nodes)]):
        path: list[str] = []
        group = name
        while group is not None and group not in path:
            path.insert(0, group)
            group = parents.get(group)
        paths[name] = tuple(path)
    return paths


def shared_path(one: Path, other: Path) -> Path:
    """The groups that hold both."""
    if one == other:
        return one
    depth = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        depth += 1
    return one[:depth]
