"""Which groups of a large graph are closed when it is first seen."""

from __future__ import annotations

from collections import defaultdict

from nas.core.graph import Graph
from nas.drawing.collapse import collapse
from nas.drawing.frame import group_paths

MOST_BOXES = 40


def default_collapsed(graph: Graph, *, most_boxes: int = MOST_BOXES) -> frozenset[str]:
    """As few closed groups as leave at most `most_boxes` boxes, the innermost first; none for a small graph.

    Groups of one depth are closed together, so that equal things look equal. Where even the outermost groups are too
    many boxes, the depth with the fewest boxes is taken.
    """
    if len(graph.nodes) <= most_boxes:
        return frozenset()
    paths = group_paths(graph)
    at_depth: dict[int, set[str]] = defaultdict(set)
    for group in graph.groups:
        at_depth[len(paths[group.id])].add(group.id)
    choices = [frozenset(at_depth[depth]) for depth in sorted(at_depth, reverse=True)]
    if not choices:
        return frozenset()
    sizes = {closed: len(collapse(graph, closed).nodes) for closed in choices}
    fitting = [closed for closed in choices if sizes[closed] <= most_boxes]
    return fitting[0] if fitting else min(choices, key=sizes.__getitem__)
