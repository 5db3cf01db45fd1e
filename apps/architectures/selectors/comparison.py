"""Two architectures side by side: who is compared, what differs, in words and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.http import Http404
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.access import AnyUser, architecture_get_for
from apps.architectures.drawing_cache import DRAWINGS
from apps.architectures.models import Architecture
from apps.architectures.selectors.drawing import (
    GraphView,
    closed_groups,
    drawing_key,
    graph_of,
    group_links,
    space_of,
    view_named,
    views_of,
)
from apps.architectures.selectors.partners import PRESET
from apps.architectures.selectors.trials import input_shapes, trials_of
from nas.analysis.diff import (
    ArchitectureDiff,
    Change,
    CostDiff,
    Kind,
    NodeDiff,
    diff_architectures,
    difference_of_spaces,
)
from nas.core.graph import Graph, Shape
from nas.core.metric import METRICS
from nas.core.proposal import Genotype
from nas.core.space import Space, architecture_key
from nas.drawing.diff import draw_diff
from nas.drawing.frame import group_paths

MOST_LISTED = 60


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `name` is what the address calls it; `key` of a preset is that of the network it is."""

    name: str
    title: str
    key: str
    is_preset: bool
    space: Space
    genotype: Genotype


@dataclass(frozen=True, slots=True)
class ListedChange:
    """One line of the list of differences: which part, and what became of it."""

    kind: Kind
    part: str
    text: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """One cost of both; `metric` is the declared metric whose unit it has."""

    title: str
    metric: str
    cost: CostDiff


@dataclass(frozen=True, slots=True)
class Comparison:
    """`refusal` says why the two cannot be compared; then there is neither diff nor picture."""

    first: Side
    second: Side
    input_shape: Shape
    num_classes: int
    view: GraphView
    views: tuple[GraphView, ...] = ()
    refusal: str = ""
    diff: ArchitectureDiff | None = None
    costs: tuple[CostLine, ...] = ()
    pictures: tuple[str, str] = ("", "")
    changes: tuple[ListedChange, ...] = ()
    num_changes: int = 0


def comparison_for(
    user: AnyUser, first: str, second: str, *, view: str = "", opened: str | None = None, is_drawn: bool = True
) -> Comparison:
    """Raises Http404 when one of them is unknown, or `user` may not see it."""
    architecture = architecture_get_for(user, first)
    one = _side(architecture)
    other = _preset(one.space, second) if second.startswith(PRESET) else _side(architecture_get_for(user, second))
    shape, num_classes = input_shapes(trials_of(architecture, user))[0]
    chosen = view_named(view, one.space)
    if refusal := _refusal(one.space, other.space):
        return Comparison(one, other, shape, num_classes, chosen, refusal=refusal)

    def graph(genotype: Genotype) -> Graph:
        return graph_of(one.space, genotype, shape, num_classes, chosen)

    diff = diff_architectures(one.space, one.genotype, other.genotype, shape, num_classes, graph_of=graph)
    changes = list(_listed(diff))
    compared = Comparison(
        first=one,
        second=other,
        input_shape=shape,
        num_classes=num_classes,
        view=chosen,
        views=views_of(one.space),
        diff=diff,
        costs=tuple(_cost_line(cost) for cost in diff.costs),
        changes=tuple(changes[:MOST_LISTED]),
        num_changes=len(changes),
    )
    return replace(compared, pictures=_pictures(compared, diff, opened)) if is_drawn else compared


def _side(architecture: Architecture) -> Side:
    return Side(
        name=architecture.key,
        title=architecture.key[:10],
        key=architecture.key,
        is_preset=False,
        space=space_of(architecture),
        genotype=architecture.genotype,
    )


def _preset(space: Space, name: str) -> Side:
    for preset in space.presets():
        if name == PRESET + preset.name:
            key = architecture_key(space, preset.genotype)
            return Side(name, preset.title, key, is_preset=True, space=space, genotype=preset.genotype)
    raise Http404


def _refusal(one: Space, other: Space) -> str:
    match difference_of_spaces(one, other):
        case "space":
            return _(
                "The first is an architecture of %(one)s, the second one of %(other)s. Architectures of different spaces "
                "have no parts in common that could be compared."
            ) % {"one": one.title, "other": other.title}
        case "settings":
            return _(
                "Both are architectures of %(one)s, but the two spaces have different settings. Choose two of a space with "
                "the same settings."
            ) % {"one": one.title}
        case _:
            return ""


def _pictures(compared: Comparison, diff: ArchitectureDiff, opened: str | None) -> tuple[str, str]:
    """One text is kept for both: they are always asked for together."""
    closed = closed_groups(diff.first, opened), closed_groups(diff.second, opened)

    def drawn() -> str:
        query = [("a", compared.first.name), ("b", compared.second.name), ("view", str(compared.view))]
        is_large = bool(closed[0] or closed[1]) or compared.view == GraphView.NETWORK
        links = (group_links(diff.first, opened, query), group_links(diff.second, opened, query)) if is_large else None
        return json.dumps(draw_diff(diff, collapsed=closed, links=links))

    names = (compared.view, closed, compared.second.name, get_language())
    key = drawing_key(compared.first.key, compared.input_shape, compared.num_classes, "diff", *names)
    first, second = json.loads(DRAWINGS.get(key, drawn))
    return first, second


def _cost_line(cost: CostDiff) -> CostLine:
    if cost.name in METRICS:
        return CostLine(_(METRICS[cost.name].title), cost.name, cost)
    return CostLine(_("Weights"), "peak_memory_bytes", cost)  # in bytes as well


def _listed(diff: ArchitectureDiff) -> Iterable[ListedChange]:
    """Groups, nodes, edges that differ; what is inside an added or removed group is not said again."""
    of_first = {node.id: node for node in diff.first.nodes}
    of_second = {node.id: node for node in diff.second.nodes}
    groups = {**_titles(diff.second), **_titles(diff.first)}
    whole = {group.first or group.second for group in diff.graph.groups if group.kind in ("added", "removed")}
    for group in diff.graph.groups:
        if group.kind != "same":
            yield ListedChange(group.kind, groups[group.first or group.second or ""], _changes_text(group.changes))
    for node in diff.graph.nodes:
        shown = of_first[node.first] if node.first is not None else of_second[node.second or ""]
        if node.kind != "same" and not (node.kind in ("added", "removed") and shown.group in whole):
            place = f"{groups[shown.group]}: " if shown.group in groups else ""
            yield ListedChange(node.kind, f"{place}{shown.label or shown.id}", _changes_text(node.changes))
    lone = _lone_nodes(diff.graph.nodes)
    for edge in diff.graph.edges:
        graph, number = (diff.first, edge.first) if edge.first is not None else (diff.second, edge.second)
        labels = of_first if edge.first is not None else of_second
        shown_edge = graph.edges[number or 0]
        if edge.kind != "same" and not {shown_edge.source, shown_edge.target} & lone[edge.first is None]:
            ends = f"{labels[shown_edge.source].label} → {labels[shown_edge.target].label}"
            text = _changes_text(edge.changes) or shown_edge.label
            yield ListedChange(edge.kind, ends, text)


def _titles(graph: Graph) -> dict[str, str]:
    """Groups by where they lie: "Stage 1 › Cell 2"."""
    labels = {group.id: group.label for group in graph.groups}
    return {
        group: " › ".join(labels[name] for name in path)
        for group, path in group_paths(graph).items()
        if group in labels
    }


def _lone_nodes(nodes: Iterable[NodeDiff]) -> tuple[set[str], set[str]]:
    """Those without a counterpart, of the first and of the second: their edges go and come with them."""
    nodes = list(nodes)
    return (
        {node.first for node in nodes if node.kind == "removed" and node.first is not None},
        {node.second for node in nodes if node.kind == "added" and node.second is not None},
    )


def _changes_text(changes: Iterable[Change]) -> str:
    return "; ".join(f"{_aspect(change)}: {_grouped(change.before)} → {_grouped(change.after)}" for change in changes)


def _grouped(text: str) -> str:
    return number_format(int(text), force_grouping=True) if text.isdigit() else text or "–"


def _aspect(change: Change) -> str:
    return {
        "operation": _("operation"),
        "channels": _("channels"),
        "size": _("size"),
        "shape": _("shape"),
        "params": _("parameters"),
        "macs": _("MACs"),
        "label": _("name"),
        "is_dead": _("without influence"),
        "repeats": _("repeats"),
    }[change.aspect]
