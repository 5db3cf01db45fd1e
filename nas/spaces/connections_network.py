"""Networks with searched connections, written out and drawn. Nodes keep their numbers, so that kin share names of weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.connections.variation import active_nodes, wiring_of
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.operations.connected_node import connected_node, connected_stem
from nas.operations.primitives.merging import Mean, WeightedSum
from nas.operations.wired_node import wired_head
from nas.spaces.connections_cost import Layout, PricedStage, priced_layout
from nas.spaces.random_wiring_network import reads_in_words, unread

Edges = Sequence[Sequence[int]]


def write_connections(
    layout: Layout, edges: Edges, operations: Sequence[str], input_shape: Shape, num_classes: int
) -> Blueprint:
    """`operations` of all nodes, those without an edge included."""
    draft = Draft(input_shape)
    with draft.group("stem", "Stem"):
        x = connected_stem(draft, draft.inputs[0], layout.substrate, layout.widths[0])
    num_active = len(active_nodes(edges))
    for number, width in enumerate(layout.widths, start=1):
        with draft.group(f"stage{number}", f"Stage {number}: {num_active} nodes, {width} channels"):
            x = _write_stage(draft, x, edges, operations, width)
    with draft.group("head", "Head"):
        return draft.finish(wired_head(draft, x, num_classes, 0, 0.0))


def _write_stage(draft: Draft, x: Value, edges: Edges, operations: Sequence[str], width: int) -> Value:
    """Nodes in their order; the result is the mean of those that no other node reads."""
    nodes, wiring = active_nodes(edges), wiring_of(edges)
    written: list[Value] = []
    for node, sources in zip(nodes, wiring, strict=True):
        with draft.group(f"node{node}", f"Node {node}: {reads_in_words([nodes[source] for source in sources])}"):
            read = [written[source] for source in sources] or [x]
            value = draft.apply(WeightedSum(), *read) if len(read) > 1 else read[0]
            written.append(connected_node(draft, value, width, 1 if sources else 2, operations[node]))
    ends = unread(wiring)
    return draft.apply(Mean(), *(written[end] for end in ends)) if len(ends) > 1 else written[ends[0]]


def connections_graph(
    layout: Layout, edges: Edges, operations: Sequence[str], input_shape: Shape, num_classes: int, *, title: str
) -> Graph:
    """The network in outline, and beside it the connections of each stage in a frame of its own."""
    priced = priced_layout(layout, input_shape, num_classes)
    stem, head = priced.stem, priced.head
    outline = [
        Node("image", "Image" if len(input_shape) == 3 else "Vector", "input", "network", input_shape),
        Node("stem", "Stem", "stem", "network", stem.shape, params=stem.params, macs=stem.macs),
    ]
    groups, nodes, wires = [Group("network", "Network")], [], []
    for number, stage in enumerate(priced.stages, start=1):
        name = f"stage{number}"
        members = _stage_nodes(name, edges, operations, stage)
        params, macs = sum(node.params for node in members), sum(node.macs for node in members)
        outline.append(Node(f"{name}.all", f"Stage {number}", "cell", "network", stage.shape, params=params, macs=macs))
        groups.append(Group(name, f"Stage {number}: {len(members) - 2} nodes, {stage.shape[0]} channels"))
        nodes += members
        wires += _stage_edges(name, edges)
    outline.append(Node("head", "Head", "head", "network", head.shape, params=head.params, macs=head.macs))
    outline.append(Node("logits", "Classes", "output", "network", (num_classes,)))
    stages = [f"stage{number}" for number in range(1, len(priced.stages) + 1)]
    return Graph(
        nodes=(*outline, *nodes),
        edges=(*(Edge(a.id, b.id) for a, b in pairwise(outline)), *wires),
        groups=tuple(groups),
        title=title,
        inputs=("image", *(f"{name}.input" for name in stages)),
        outputs=("logits", *(f"{name}.output" for name in stages)),
    )


def _stage_nodes(name: str, edges: Edges, operations: Sequence[str], stage: PricedStage) -> list[Node]:
    found = [Node(f"{name}.input", "Input", "input", name)]
    for node, sources in zip(active_nodes(edges), wiring_of(edges), strict=True):
        price = stage.node(operations[node], is_entry=not sources).piece
        weights = len(sources) if len(sources) > 1 else 0
        found.append(
            Node(
                f"{name}.{node}",
                str(node),
                operations[node],
                name,
                stage.shape,
                params=price.params + weights,
                macs=price.macs,
            )
        )
    return [*found, Node(f"{name}.output", "Mean", "output", name, stage.shape)]


def _stage_edges(name: str, edges: Edges) -> list[Edge]:
    nodes = active_nodes(edges)
    sources, targets = {edge[0] for edge in edges}, {edge[1] for edge in edges}
    found = [Edge(f"{name}.{source}", f"{name}.{target}") for source, target in edges]
    found += [Edge(f"{name}.input", f"{name}.{node}") for node in nodes if node not in targets]
    return found + [Edge(f"{name}.{node}", f"{name}.output") for node in nodes if node not in sources]
