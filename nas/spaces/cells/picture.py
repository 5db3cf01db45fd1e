"""Stacked cells as a picture: the network in outline, and each kind of cell with its operations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from nas.blueprint.blueprint import Blueprint
from nas.core.count import NOTHING
from nas.core.graph import Edge, Graph, Group, Node
from nas.operations.catalogue import OPERATIONS
from nas.spaces.cells.family import NUM_INPUTS, CellFamily
from nas.spaces.cells.wiring import Wiring


def stacked_graph(family: CellFamily, cells: Mapping[str, Wiring], blueprint: Blueprint, title: str) -> Graph:
    """`cells`: by name; one that stands nowhere in the network is left out. `blueprint`: of the network."""
    nodes = _outline(blueprint)
    groups = [Group("network", "Network")]
    edges = [Edge(a.id, b.id) for a, b in pairwise(nodes)]
    inputs, outputs = [nodes[0].id], [nodes[-1].id]
    for name, cell in cells.items():
        repeats = _repeats(blueprint, name)
        if repeats:
            groups.append(Group(name, "Cell" if name == "cell" else f"{name.capitalize()} cell", repeats=repeats))
            inside, arrows = _cell(family, name, cell)
            nodes += inside
            edges += arrows
            inputs += [f"{name}.{state}" for state in range(NUM_INPUTS) if cell.reads(state)]
            outputs.append(f"{name}.out")
    return Graph(tuple(nodes), tuple(edges), tuple(groups), title=title, inputs=tuple(inputs), outputs=tuple(outputs))


def _outline(blueprint: Blueprint) -> list[Node]:
    """Image, the groups at the top with what they cost, classes."""
    nodes = [Node("image", "Image", "input", "network", blueprint.inputs[0])]
    for group in blueprint.groups:
        layers = [layer for layer in blueprint.main_layers if layer.path[0] == group.path[0]]
        if len(group.path) > 1 or not layers:
            continue
        count = sum((layer.count for layer in layers), start=NOTHING)
        name, label = group.path[0], group.label
        if name.startswith("stage"):
            number = len({layer.path[1] for layer in layers})
            label = f"{label}: {number} × normal cell"
        kind = next(kind for start, kind in _KINDS if name.startswith(start))
        nodes.append(Node(name, label, kind, "network", layers[-1].shape, params=count.params, macs=count.macs))
    return [*nodes, Node("logits", "Classes", "output", "network", blueprint.shape_of(blueprint.outputs[0]))]


_KINDS = (("stem", "stem"), ("stage", "cell"), ("reduction", "reduction"), ("head", "head"))


def _repeats(blueprint: Blueprint, name: str) -> int:
    """How many cells of that name there are; "cell" stands for both kinds."""
    normal = {group.path for group in blueprint.groups if len(group.path) == 2 and group.path[0].startswith("stage")}
    reduction = {
        group.path for group in blueprint.groups if len(group.path) == 1 and group.path[0].startswith("reduction")
    }
    return {"normal": len(normal), "reduction": len(reduction)}.get(name, len(normal) + len(reduction))


def _cell(family: CellFamily, name: str, cell: Wiring) -> tuple[list[Node], list[Edge]]:
    labels = {family.newer: "Cell before", family.older: "Cell before that"}
    nodes = [Node(f"{name}.{i}", labels[i], "input", name) for i in range(NUM_INPUTS) if cell.reads(i)]
    edges = []
    for number, (first, one, second, two, is_wide) in enumerate(cell.blocks):
        state = f"{name}.{number + NUM_INPUTS}"
        for side, source, operation in (("first", first, one), ("second", second, two)):
            nodes.append(Node(f"{state}.{side}", OPERATIONS[operation].symbol, operation, name))
            edges += [Edge(f"{name}.{source}", f"{state}.{side}"), Edge(f"{state}.{side}", state)]
        nodes.append(Node(state, f"Block {number + 1}", "concat" if is_wide else "add", name))
    nodes.append(Node(f"{name}.out", "Cell output", "output", name))
    edges += [Edge(f"{name}.{state}", f"{name}.out") for state in cell.joined]
    return nodes, edges
