"""What two architectures of one space have in common and where they differ: graph, genotype, costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nas.analysis.alignment import Alignment, aligned
from nas.analysis.genotype_diff import GenotypeChange, genotype_changes
from nas.core.cost import Cost
from nas.core.graph import Edge, Graph, Node, Shape
from nas.core.proposal import Genotype
from nas.core.space import Space, architecture_key, space_fingerprint

Kind = Literal["same", "changed", "added", "removed"]
Aspect = Literal["operation", "channels", "size", "shape", "params", "macs", "label", "is_dead", "repeats"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two that were matched, as texts."""

    aspect: Aspect
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeDiff:
    """`first` and `second` are ids in the two graphs, None where there is no counterpart."""

    kind: Kind
    first: str | None
    second: str | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeDiff:
    """`first` and `second` are numbers of edges in the two graphs, None where there is no counterpart."""

    kind: Kind
    first: int | None
    second: int | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class CostDiff:
    """One cost; `percent` of the first, None when that is 0."""

    name: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        return 100 * self.difference / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """The nodes, edges and groups of the first graph in its order, then what only the second has."""

    nodes: tuple[NodeDiff, ...]
    edges: tuple[EdgeDiff, ...]
    groups: tuple[NodeDiff, ...]

    @property
    def num_differences(self) -> int:
        kinds = [part.kind for part in (*self.nodes, *self.groups)] + [edge.kind for edge in self.edges]
        return sum(kind != "same" for kind in kinds)


@dataclass(frozen=True, slots=True)
class ArchitectureDiff:
    """`is_same_network`: equal canonical forms, whatever the genotypes look like."""

    first: Graph
    second: Graph
    graph: GraphDiff
    genotype: tuple[GenotypeChange, ...]
    costs: tuple[CostDiff, ...]
    is_same_network: bool


def diff_architectures(
    space: Space,
    first: Genotype,
    second: Genotype,
    input_shape: Shape,
    num_classes: int,
    *,
    graph_of: Callable[[Genotype], Graph] | None = None,
) -> ArchitectureDiff:
    """Compare two genotypes of `space`, both valid there, for inputs of one shape.

    Args:
      graph_of: the view to compare; by default the space's own graph.
    """
    view = graph_of or (lambda genotype: space.graph(genotype, input_shape, num_classes))
    graphs = view(first), view(second)
    costs = space.cost(first, input_shape, num_classes), space.cost(second, input_shape, num_classes)
    return ArchitectureDiff(
        first=graphs[0],
        second=graphs[1],
        graph=diff_graphs(*graphs),
        genotype=genotype_changes(first, second),
        costs=diff_costs(*costs),
        is_same_network=architecture_key(space, first) == architecture_key(space, second),
    )


def difference_of_spaces(first: Space, second: Space) -> Literal["space", "settings"] | None:
    """What keeps architectures of the two from being compared part by part; None where nothing does."""
    if first.name != second.name:
        return "space"
    return None if space_fingerprint(first) == space_fingerprint(second) else "settings"


def diff_costs(first: Cost, second: Cost) -> tuple[CostDiff, ...]:
    after = second.as_json()
    return tuple(CostDiff(name, value, after[name]) for name, value in first.as_json().items() if name != "bias_adds")


def diff_graphs(first: Graph, second: Graph) -> GraphDiff:
    """Match the graphs (see `nas.analysis.alignment`) and compare what was matched."""
    alignment = aligned(first, second)
    return GraphDiff(
        nodes=_node_diffs(first, second, alignment.nodes),
        edges=_edge_diffs(first, second, alignment.nodes),
        groups=_group_diffs(first, second, alignment),
    )


def _kind(changes: tuple[Change, ...]) -> Kind:
    return "changed" if changes else "same"


def _node_diffs(first: Graph, second: Graph, match: Mapping[str, str]) -> tuple[NodeDiff, ...]:
    after = {node.id: node for node in second.nodes}
    found: list[NodeDiff] = []
    for node in first.nodes:
        if node.id in match:
            changes = _node_changes(node, after[match[node.id]])
            found.append(NodeDiff(_kind(changes), node.id, match[node.id], changes))
        else:
            found.append(NodeDiff("removed", node.id, None))
    matched = set(match.values())
    return (*found, *(NodeDiff("added", None, node.id) for node in second.nodes if node.id not in matched))


def _node_changes(before: Node, after: Node) -> tuple[Change, ...]:
    found: list[Change] = []
    if before.operation != after.operation:
        found.append(Change("operation", before.label or before.operation, after.label or after.operation))
    elif before.label != after.label:
        found.append(Change("label", before.label, after.label))
    found += _shape_changes(before.shape, after.shape)
    if before.params != after.params:
        found.append(Change("params", str(before.params), str(after.params)))
    if before.macs != after.macs:
        found.append(Change("macs", str(before.macs), str(after.macs)))
    return tuple(found)


def _shape_changes(before: Shape | None, after: Shape | None) -> list[Change]:
    if before == after:
        return []
    if not before or not after or len(before) != len(after):
        return [Change("shape", _sides(before or ()), _sides(after or ()))]
    found = []
    if before[0] != after[0]:
        found.append(Change("channels", str(before[0]), str(after[0])))
    if before[1:] != after[1:]:
        found.append(Change("size", _sides(before[1:]), _sides(after[1:])))
    return found


def _sides(shape: Shape) -> str:
    return "×".join(map(str, shape))


def _edge_diffs(first: Graph, second: Graph, match: Mapping[str, str]) -> tuple[EdgeDiff, ...]:
    """Edges between matched ends are matched, parallel ones by operation first, then in order."""
    free: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, edge in enumerate(second.edges):
        free[edge.source, edge.target].append(i)
    partner: dict[int, int] = {}
    ends = [(match.get(edge.source, ""), match.get(edge.target, "")) for edge in first.edges]
    for is_strict in (True, False):
        for i, edge in enumerate(first.edges):
            there = free.get(ends[i], [])
            fits = [j for j in there if not is_strict or second.edges[j].operation == edge.operation]
            if i not in partner and fits:
                partner[i] = fits[0]
                there.remove(fits[0])
    found = []
    for i, edge in enumerate(first.edges):
        if i in partner:
            changes = _edge_changes(edge, second.edges[partner[i]])
            found.append(EdgeDiff(_kind(changes), i, partner[i], changes))
        else:
            found.append(EdgeDiff("removed", i, None))
    matched = set(partner.values())
    return (*found, *(EdgeDiff("added", None, i) for i in range(len(second.edges)) if i not in matched))


def _edge_changes(before: Edge, after: Edge) -> tuple[Change, ...]:
    found: list[Change] = []
    if before.operation != after.operation:
        found.append(Change("operation", before.label or before.operation, after.label or after.operation))
    if before.is_dead != after.is_dead:
        found.append(Change("is_dead", str(before.is_dead).lower(), str(after.is_dead).lower()))
    return tuple(found)


def _group_diffs(first: Graph, second: Graph, alignment: Alignment) -> tuple[NodeDiff, ...]:
    """Groups without a node in them are nowhere to be seen and left out."""
    after = {group.id: group for group in second.groups}
    seen = _seen_groups(first), _seen_groups(second)
    found = []
    for group in first.groups:
        if group.id in alignment.groups:
            other = after[alignment.groups[group.id]]
            repeats = (Change("repeats", str(group.repeats), str(other.repeats)),)
            changes = repeats if group.repeats != other.repeats else ()
            found.append(NodeDiff(_kind(changes), group.id, other.id, changes))
        elif group.id in seen[0]:
            found.append(NodeDiff("removed", group.id, None))
    matched = set(alignment.groups.values())
    added = (group.id for group in second.groups if group.id in seen[1] and group.id not in matched)
    return (*found, *(NodeDiff("added", None, group) for group in added))


def _seen_groups(graph: Graph) -> set[str]:
    parents = {group.id: group.parent for group in graph.groups}
    seen: set[str] = set()
    for node in graph.nodes:
        group = node.group
        while group in parents and group not in seen:
            seen.add(group)
            group = parents[group]
    return seen
