"""Weight agnostic networks as pictures: a frame per level, the activation as operation."""

from __future__ import annotations

import numpy as np

from nas.core.graph import Edge, Graph, Group, Node
from nas.wann.activations import ACTIVATIONS
from nas.wann.topology import Topology

MOST_INPUT_BOXES = 16
"""More inputs are drawn as one box: nobody reads 256 of them, and their arrows would hide all others."""


def topology_graph(topology: Topology, title: str) -> Graph:
    """What is computed, without disabled connections and inputs that nothing reads."""
    names = _column_names(topology)
    read = {
        (names[column], names[1 + topology.num_inputs + row])
        for row, column in zip(topology.rows().tolist(), topology.columns.tolist(), strict=True)
    }
    is_read = {source for source, _ in read}
    given = [name for name in dict.fromkeys(names[: 1 + topology.num_inputs]) if name in is_read]
    nodes = [Node(name, _input_label(name, topology), "input") for name in given]
    for row, size in enumerate(np.diff(topology.starts).tolist()):
        name = names[1 + topology.num_inputs + row]
        if row < topology.num_hidden:
            activation = ACTIVATIONS[int(topology.activations[row])]
            level = f"level_{topology.levels[row]}"
            nodes.append(Node(name, activation.title, f"{activation.name}_unit", level, params=size, macs=size))
        else:
            number = row - topology.num_hidden + 1
            nodes.append(Node(name, f"output {number}", "output", params=size, macs=size))
    edges = [Edge(source, target) for source, target in sorted(read)]
    groups = [Group(f"level_{level}", f"Level {level}") for level in range(1, topology.num_levels + 1)]
    outputs = names[1 + topology.num_inputs + topology.num_hidden :]
    return Graph(
        nodes=tuple(nodes),
        edges=tuple(edges),
        groups=tuple(groups),
        title=title,
        inputs=tuple(given),
        outputs=tuple(outputs),
    )


def _column_names(topology: Topology) -> list[str]:
    """Of bias, inputs, hidden rows and outputs."""
    is_many = topology.num_inputs > MOST_INPUT_BOXES
    inputs = ["inputs" if is_many else f"input_{number}" for number in range(1, topology.num_inputs + 1)]
    hidden = [f"hidden_{number + 1}" for number in topology.hidden.tolist()]
    return ["bias", *inputs, *hidden, *(f"output_{number}" for number in range(1, topology.num_outputs + 1))]


def _input_label(name: str, topology: Topology) -> str:
    if name != "inputs":
        return name.replace("_", " ")
    read = topology.columns[(topology.columns > 0) & (topology.columns <= topology.num_inputs)]
    return f"{len(set(read.tolist()))} of {topology.num_inputs} inputs"
