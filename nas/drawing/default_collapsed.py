"""Which groups of a large graph are closed when it is first seen."""

from __future__ import annotations

from collections import defaultdict

from nas.core.graph import Graph
from nas.drawing.collapse import collapse
from nas.drawing.frame import group_paths

MOST_BOXES = 40
FEWEST_BOXES = 6
"""A picture with fewer says nothing; up to three times `MOST_BOXES` are shown instead."""


def default_collapsed(graph: Graph, *, most_boxes: int = MOST_BOXES) -> frozenset[str]:
    """As few closed groups as leave at most `most_boxes` boxes, the innermost first; none for a small graph.

    Groups of one depth are closed together, so that equal things look equal; if that leaves too many boxes, also the
    groups further out that hold nothing but layers (a stem, a head), before whole stages close. Where that would leave
    hardly a box, more stays open; where even the outermost groups are too many boxes, the choice with the fewest is taken.
    """
    if len(graph.nodes) <= most_boxes or not graph.groups:
        return frozenset()
    paths = group_paths(graph)
    with_groups_inside = {group.parent for group in graph.groups}
    at_depth: dict[int, set[str]] = defaultdict(set)
    for group in graph.groups:
        at_depth[len(paths[group.id])].add(group.id)
    choices: list[frozenset[str]] = [frozenset()]
    for depth in sorted(at_depth, reverse=True):
        simple = {group for outer in range(1, depth) for group in at_depth[outer] if group not in with_groups_inside}
        choices += [frozenset(at_depth[depth]), frozenset(at_depth[depth] | simple)]
    sizes = {closed: len(collapse(graph, closed).nodes) for closed in choices}
    fitting = next((closed for closed in choices if sizes[closed] <= most_boxes), min(choices, key=sizes.__getitem__))
    if sizes[fitting] >= FEWEST_BOXES:
        return fitting
    return next((closed for closed in choices if sizes[closed] <= 3 * most_boxes), fitting)
