"""One step of a search as a picture: a child, with what sets it apart from its parent marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from apps.architectures.drawing_cache import DRAWINGS
from apps.architectures.selectors.drawing import drawing_key
from nas.analysis.diff import ArchitectureDiff, Aspect, EdgeDiff, GraphDiff, NodeDiff, diff_graphs
from nas.analysis.parts import connected_parts, part_title
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Space, architecture_key
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.diff import draw_diff
from nas.drawing.motif import motif
from nas.drawing.svg import draw

FOLLOWS: frozenset[Aspect] = frozenset({"params", "macs", "channels", "size", "shape"})
"""What changes all over a network when one position is changed."""


def step_pictures(
    space: Space, genotype: Genotype, parent: Genotype | None, input_shape: Shape, num_classes: int
) -> tuple[str, ...]:
    """SVG texts of the parts in which something was changed; of the part that repeats when there is nothing to compare with.

    Raises NasError where no such network exists for that input.
    """

    def drawn() -> str:
        graph = space.graph(genotype, input_shape, num_classes)
        before = None if parent is None else space.graph(parent, input_shape, num_classes)
        return json.dumps(list(_changed(before, graph)) if before is not None else [_plain(graph)])

    # by their own writing: of two writings of one network the pictures may be laid out differently
    writings = (json.dumps(genotype, sort_keys=True), json.dumps(parent, sort_keys=True))
    key = drawing_key(architecture_key(space, genotype), input_shape, num_classes, "step", *writings)
    pictures: list[str] = json.loads(DRAWINGS.get(key, drawn))
    return tuple(pictures)


def _plain(graph: Graph) -> str:
    part = motif(graph)
    return draw(part, collapsed=default_collapsed(part))


def _changed(before: Graph, after: Graph) -> Iterator[str]:
    ones = {part_title(part): part for part in connected_parts(before)}
    pairs = [(ones[title], part) for part in connected_parts(after) if (title := part_title(part)) in ones]
    diffs = [ArchitectureDiff(one, other, diff_graphs(one, other), (), (), False) for one, other in pairs]
    differing = [diff for diff in diffs if diff.graph.num_differences]
    of_their_own = [diff for diff in differing if _is_changed_itself(diff.graph)]
    for diff in of_their_own or differing:
        yield draw_diff(diff, collapsed=(default_collapsed(diff.first), default_collapsed(diff.second)))[1]
    if not differing:
        yield _plain(after)


def _is_changed_itself(graph: GraphDiff) -> bool:
    """Whether more differs than sizes, which follow from what was changed elsewhere."""
    parts: Iterable[NodeDiff | EdgeDiff] = chain(graph.nodes, graph.edges, graph.groups)
    return any(
        part.kind in ("added", "removed") or any(change.aspect not in FOLLOWS for change in part.changes)
        for part in parts
    )
