"""Randomly wired networks, written out and drawn (Xie et al. 2019, arXiv 1904.01569, section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.operations.primitives.merging import Mean, WeightedSum
from nas.operations.wired_node import node_transform, wired_head, wired_stem
from nas.spaces.random_wiring_cost import Layout, PricedStage, priced_layout

Wirings = Sequence[Sequence[Sequence[int]]]


def write_wired(layout: Layout, wirings: Wirings, input_shape: Shape, num_classes: int) -> Blueprint:
    draft = Draft(input_shape)
    with draft.group("stem", "Stem"):
        x = wired_stem(draft, draft.inputs[0], layout.stem, layout.channels)
    for number, (width, wiring) in enumerate(zip(layout.widths, wirings, strict=True), start=1):
        with draft.group(f"stage{number}", f"Stage {number}: {len(wiring)} nodes, {width} channels"):
            x = _write_stage(draft, x, layout, width, wiring)
    with draft.group("head", "Head"):
        return draft.finish(wired_head(draft, x, num_classes, layout.head_width, layout.dropout))


def _write_stage(draft: Draft, x: Value, layout: Layout, width: int, wiring: Sequence[Sequence[int]]) -> Value:
    """Nodes in their order; the result is the mean of those that no other node reads."""
    written: list[Value] = []
    for node, sources in enumerate(wiring):
        with draft.group(f"node{node}", f"Node {node}: {reads_in_words(sources)}"):
            read = [written[source] for source in sources] or [x]
            value = draft.apply(WeightedSum(), *read) if len(read) > 1 else read[0]
            written.append(node_transform(draft, value, width, 1 if sources else 2, layout.operation))
    ends = unread(wiring)
    return draft.apply(Mean(), *(written[node] for node in ends)) if len(ends) > 1 else written[ends[0]]


def wired_graph(layout: Layout, wirings: Wirings, input_shape: Shape, num_classes: int, title: str) -> Graph:
    """The network in outline, and beside it each stage's wiring in a frame of its own."""
    priced = priced_layout(layout, input_shape, num_classes)
    stem, head = priced.stem, priced.head
    outline = [
        Node("image", "Image" if len(input_shape) == 3 else "Vector", "input", "network", input_shape),
        Node("stem", "Stem", "stem", "network", stem.shape, params=stem.params, macs=stem.macs),
    ]
    nodes: list[Node] = []
    edges: list[Edge] = []
    groups = [Group("network", "Network")]
    operation = layout.operation if len(input_shape) == 3 else "linear"
    for number, (wiring, stage) in enumerate(zip(wirings, priced.stages, strict=True), start=1):
        name = f"stage{number}"
        members = _stage_nodes(name, operation, wiring, stage)
        params, macs = sum(node.params for node in members), sum(node.macs for node in members)
        outline.append(Node(f"{name}.all", f"Stage {number}", "cell", "network", stage.shape, params=params, macs=macs))
        groups.append(Group(name, f"Stage {number}: {len(wiring)} nodes, {stage.shape[0]} channels"))
        nodes += members
        edges += _stage_edges(name, wiring)
    outline.append(Node("head", "Head", "head", "network", head.shape, params=head.params, macs=head.macs))
    outline.append(Node("logits", "Classes", "output", "network", (num_classes,)))
    stages = [f"stage{number}" for number in range(1, len(wirings) + 1)]
    return Graph(
        nodes=(*outline, *nodes),
        edges=(*(Edge(a.id, b.id) for a, b in pairwise(outline)), *edges),
        groups=tuple(groups),
        title=title,
        inputs=("image", *(f"{name}.input" for name in stages)),
        outputs=("logits", *(f"{name}.output" for name in stages)),
    )


def _stage_nodes(name: str, operation: str, wiring: Sequence[Sequence[int]], stage: PricedStage) -> list[Node]:
    found = [Node(f"{name}.input", "Input", "input", name)]
    for node, sources in enumerate(wiring):
        price = stage.node if sources else stage.entry
        weights = len(sources) if len(sources) > 1 else 0
        found.append(
            Node(
                f"{name}.{node}",
                str(node),
                operation,
                name,
                stage.shape,
                params=price.params + weights,
                macs=price.macs,
            )
        )
    return [*found, Node(f"{name}.output", "Mean", "output", name, stage.shape)]


def _stage_edges(name: str, wiring: Sequence[Sequence[int]]) -> list[Edge]:
    edges = [Edge(f"{name}.{source}", f"{name}.{node}") for node, sources in enumerate(wiring) for source in sources]
    edges += [Edge(f"{name}.input", f"{name}.{node}") for node, sources in enumerate(wiring) if not sources]
    return edges + [Edge(f"{name}.{node}", f"{name}.output") for node in unread(wiring)]


def unread(wiring: Sequence[Sequence[int]]) -> list[int]:
    read = {source for sources in wiring for source in sources}
    return [node for node in range(len(wiring)) if node not in read]


def reads_in_words(sources: Sequence[int]) -> str:
    if not sources:
        return "the stage's input"
    return f"{'sum of ' if len(sources) > 1 else ''}{', '.join(map(str, sources))}"
