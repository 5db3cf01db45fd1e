"""A blueprint as a graph: the unrolled view of a network, its groups to be opened and closed."""

from __future__ import annotations

from nas.blueprint.blueprint import AUXILIARY, Blueprint, Path
from nas.core.graph import Edge, Graph, Group, Node

_INPUT, _OUTPUT = "input", "output"


def unrolled_graph(blueprint: Blueprint, title: str) -> Graph:
    """One node per layer with its shape and costs, one group per group; the auxiliary head is left out."""
    first = len(blueprint.inputs)
    numbered = [(first + i, layer) for i, layer in enumerate(blueprint.layers) if not layer.is_auxiliary]
    ids = {i: _INPUT if first == 1 else f"{_INPUT}{i}" for i in range(first)}
    ids |= {number: _id(layer.path) for number, layer in numbered}
    outputs = {
        number: _OUTPUT if len(blueprint.outputs) == 1 else f"{_OUTPUT}{i}"
        for i, number in enumerate(blueprint.outputs)
    }
    nodes = [Node(ids[i], "Input", "input", shape=blueprint.inputs[i]) for i in range(first)]
    edges: list[Edge] = []
    reaches_output = set(blueprint.outputs)
    for number, layer in reversed(numbered):
        if number in reaches_output:
            reaches_output.update(layer.reads)
    for number, layer in numbered:
        nodes.append(
            Node(
                ids[number],
                layer.primitive.label,
                layer.primitive.operation,
                _id(layer.group) if layer.group else None,
                layer.shape,
                params=layer.count.params,
                macs=layer.count.macs,
            )
        )
        is_dead = number not in reaches_output
        edges.extend(Edge(ids[read], ids[number], is_dead=is_dead) for read in layer.reads)
    for number, name in outputs.items():
        nodes.append(Node(name, "Output", "output", shape=blueprint.shape_of(number)))
        edges.append(Edge(ids[number], name))
    groups = tuple(
        Group(_id(group.path), group.label, parent=_id(group.path[:-1]) if len(group.path) > 1 else None)
        for group in blueprint.groups
        if not _is_auxiliary(group.path)
    )
    return Graph(
        tuple(nodes),
        tuple(edges),
        groups,
        title=title,
        inputs=tuple(ids[i] for i in range(first)),
        outputs=tuple(outputs.values()),
    )


def _id(path: Path) -> str:
    return ".".join(path)


def _is_auxiliary(path: Path) -> bool:
    return path[0] == AUXILIARY[0]
