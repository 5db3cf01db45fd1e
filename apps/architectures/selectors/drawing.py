"""The pictures of an architecture: which view, which groups are open, kept once drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlencode

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.architectures.drawing_cache import DRAWINGS
from apps.architectures.models import Architecture
from nas import registry
from nas.blueprint.unrolled import unrolled_graph
from nas.core.graph import Graph, Shape
from nas.core.proposal import Genotype
from nas.core.space import Blueprinted, Space, architecture_key
from nas.drawing import svg
from nas.drawing.collapse import collapse, group_label
from nas.drawing.default_collapsed import default_collapsed
from nas.drawing.frame import group_paths
from nas.drawing.motif import motif
from nas.drawing.svg import GroupLink, draw

MOST_SHOWN = 600
"""Boxes that a page draws at once: about 0.2 s and 0.5 MB. Who asks for more gets the usual groups closed."""

EVERYTHING = "all"


class GraphView(StrEnum):
    """What is drawn of an architecture."""

    CELL = "cell"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in a page.

    Attributes:
      views: those the space has, in order.
      opened: the open groups as the address says them; None for the usual ones.
      num_closed: groups that can still be opened; num_shown of `num_nodes` boxes are seen.
      may_open_all: whether everything at once is still a picture.
      query: what the address of the page says besides, in front of "view" and "open"; ends with & or is empty.
    """

    view: GraphView
    views: tuple[GraphView, ...]
    svg: str
    opened: str | None
    num_groups: int
    num_closed: int
    num_shown: int
    num_nodes: int
    may_open_all: bool
    query: str = ""


def space_of(architecture: Architecture) -> Space:
    kind = registry.spaces.get(architecture.space_name)
    return kind(kind.Config.parse(architecture.space_config))


def views_of(space: Space) -> tuple[GraphView, ...]:
    return (GraphView.CELL, GraphView.NETWORK) if isinstance(space, Blueprinted) else (GraphView.CELL,)


def view_named(text: str, space: Space) -> GraphView:
    """The view of that name, where the space has it; else the first."""
    return next((view for view in views_of(space) if view == text), GraphView.CELL)


def graph_of(space: Space, genotype: Genotype, input_shape: Shape, num_classes: int, view: GraphView) -> Graph:
    if view == GraphView.NETWORK and isinstance(space, Blueprinted):
        return unrolled_graph(space.blueprint(genotype, input_shape, num_classes), space.title)
    return space.graph(genotype, input_shape, num_classes)


def architecture_graph(architecture: Architecture, input_shape: Shape, num_classes: int, view: GraphView) -> Graph:
    return _graph_kept(
        architecture.space_name, architecture.space_config, architecture.genotype, input_shape, num_classes, view=view
    )


def _graph_kept(
    space_name: str, config: object, genotype: Genotype, input_shape: Shape, num_classes: int, *, view: GraphView
) -> Graph:
    """The last few are kept: opening and closing groups asks for the same one again and again."""
    texts = json.dumps(config, sort_keys=True), json.dumps(genotype, sort_keys=True)
    return _graph(space_name, *texts, tuple(input_shape), num_classes, view=view)


@lru_cache(maxsize=32)
def _graph(
    space_name: str, config: str, genotype: str, input_shape: Shape, num_classes: int, *, view: GraphView
) -> Graph:
    kind = registry.spaces.get(space_name)
    return graph_of(kind(kind.Config.parse(json.loads(config))), json.loads(genotype), input_shape, num_classes, view)


def architecture_svg(
    architecture: Architecture,
    input_shape: Shape,
    num_classes: int,
    *,
    view: GraphView = GraphView.CELL,
    opened: str | None = None,
    motif_only: bool = False,
) -> str:
    """The drawing as a file: nothing in it can be clicked. With `motif_only` of the part that repeats."""

    def drawn() -> str:
        graph = architecture_graph(architecture, input_shape, num_classes, view)
        return draw(motif(graph)) if motif_only else draw(graph, collapsed=closed_groups(graph, opened))

    return DRAWINGS.get(drawing_key(architecture.key, input_shape, num_classes, view, opened, motif_only), drawn)


def drawing_key(key: str, input_shape: Shape, num_classes: int, *parts: object) -> tuple[object, ...]:
    """Names a picture; another way of drawing is another picture."""
    return (svg.VERSION, key, tuple(input_shape), num_classes, *parts)


def architecture_drawing(
    architecture: Architecture, input_shape: Shape, num_classes: int, *, view: GraphView, opened: str | None
) -> Drawing:
    """The picture as a page shows it: its groups can be opened and closed by following a link."""
    space = space_of(architecture)
    return genotype_drawing(space, architecture.genotype, input_shape, num_classes, view=view, opened=opened)


def genotype_drawing(
    space: Space,
    genotype: Genotype,
    input_shape: Shape,
    num_classes: int,
    *,
    view: GraphView,
    opened: str | None,
    query: Sequence[tuple[str, str]] = (),
) -> Drawing:
    """The same of an architecture that nobody has evaluated yet. `query`: what its links say besides view and groups.

    Raises NasError where no such network exists for that input.
    """
    graph = _graph_kept(space.name, space.config.as_json(), genotype, input_shape, num_classes, view=view)
    closed = closed_groups(graph, opened)
    shown = collapse(graph, closed)

    def drawn() -> str:
        is_large = bool(closed) or view == GraphView.NETWORK
        links = group_links(graph, opened, [*query, ("view", view)]) if is_large else {}
        return draw(graph, collapsed=closed, links=links)

    # by its own writing: of two writings of one network the pictures may be laid out differently
    names = (view, closed, "links", get_language(), json.dumps(genotype, sort_keys=True), tuple(query))
    return Drawing(
        view=view,
        views=views_of(space),
        svg=DRAWINGS.get(drawing_key(architecture_key(space, genotype), input_shape, num_classes, *names), drawn),
        opened=opened,
        num_groups=len(graph.groups),
        num_closed=len(graph.groups) - len(shown.groups),
        num_shown=len(shown.nodes),
        num_nodes=len(graph.nodes),
        may_open_all=len(graph.nodes) <= MOST_SHOWN,
        query=f"{urlencode(query)}&" if query else "",
    )


def closed_groups(graph: Graph, opened: str | None) -> frozenset[str]:
    """What `?open=` leaves closed: group ids with commas between, "all", or None for the usual choice.

    Ids that no group has are passed over, so an address stays good when a space draws its groups otherwise.
    """
    if opened is None:
        return default_collapsed(graph)
    if opened == EVERYTHING:
        return frozenset() if len(graph.nodes) <= MOST_SHOWN else default_collapsed(graph)
    wanted = set(opened.split(","))
    closed = frozenset(group.id for group in graph.groups if group.id not in wanted)
    return closed if len(collapse(graph, closed).nodes) <= MOST_SHOWN else default_collapsed(graph)


def group_links(graph: Graph, opened: str | None, query: Sequence[tuple[str, str]]) -> dict[str, GroupLink]:
    """Where a click on each group leads: the same page with the group open, if it was closed, and the other way round."""
    closed = closed_groups(graph, opened)
    paths = group_paths(graph)
    open_now = [group.id for group in graph.groups if not closed.intersection(paths[group.id])]
    links = {}
    for group in graph.groups:
        if group.id in open_now:
            kept: Iterable[str] = (name for name in open_now if group.id not in paths[name])
            links[group.id] = GroupLink(_address(query, kept), _("Close %(group)s") % {"group": group_label(group)})
        else:
            links[group.id] = GroupLink(
                _address(query, [*open_now, group.id]), _("Open %(group)s") % {"group": group_label(group)}
            )
    return links


def _address(query: Sequence[tuple[str, str]], opened: Iterable[str]) -> str:
    return f"?{urlencode([*query, ('open', ','.join(opened))], safe=',')}"
