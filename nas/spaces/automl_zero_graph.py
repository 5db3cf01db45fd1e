"""A program as a graph: live instructions, and from where each gets what it reads. One training step, as it repeats."""

from __future__ import annotations

from dataclasses import dataclass, field

from nas.automl_zero.analysis.dead_code import (
    FEATURES,
    LABEL,
    PREDICTION,
    Address,
    live_program,
    liveness,
    reads,
    set_from_outside,
    written,
)
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import Component, Program
from nas.automl_zero.text import instruction_text
from nas.core.graph import Edge, Graph, Group, Node, Shape

_FEATURES, _LABEL, _PREDICTION = "features", "label", "prediction"
_FRAMES: dict[Component, str] = {"predict": "Predict", "learn": "Learn"}
"""Setup has none: what it writes stands beside what reads it, which may be far apart."""


@dataclass
class _Drawing:
    num_features: int
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)
    source_of: dict[Address, str] = field(default_factory=dict)
    """The node that wrote what lies at an address now."""

    def node(self, name: str, label: str, operation: str, kind: Kind | None, group: str | None = None) -> str:
        sides: dict[Kind | None, Shape] = {
            Kind.VECTOR: (self.num_features,),
            Kind.MATRIX: (self.num_features, self.num_features),
        }
        self.nodes.setdefault(name, Node(name, label, operation, group=group, shape=sides.get(kind)))
        return name

    def edge(self, source: str, target: str, label: str = "") -> None:
        self.edges.setdefault((source, target), Edge(source, target, label=label))

    def read(self, address: Address, reader: str) -> None:
        """What nobody wrote is 0."""
        source = self.source_of.get(address)
        if source is None:
            source = self.node(f"zero.{_text(address)}", f"{_text(address)} = 0", "input", address[0])
        self.edge(source, reader)


def program_graph(program: Program, num_features: int, *, vector_labels: bool) -> Graph:
    """Of the live program. What a step hands on to the next one leaves by a node "… for the next step" and comes back by
    the node of that address; what only Setup writes is read from there.
    """
    live = live_program(program, vector_labels=vector_labels)
    drawing = _Drawing(num_features)
    outside = set_from_outside(vector_labels)
    before = liveness(live, vector_labels=vector_labels).before["predict"] - outside
    changed = {written(instruction) for name in ("predict", "learn") for instruction in live.component(name)}
    carried = sorted(address for address in before if address in changed)

    drawing.node(_FEATURES, f"features {_text(FEATURES)}", "input", Kind.VECTOR)
    _component(drawing, live, "setup")
    drawing.source_of = {address: node for address, node in drawing.source_of.items() if address not in outside}
    for address in carried:
        node = drawing.node(f"memory.{_text(address)}", _text(address), "memory", address[0])
        if address in drawing.source_of:
            drawing.edge(drawing.source_of[address], node)
        drawing.source_of[address] = node
    drawing.source_of[FEATURES] = _FEATURES
    _component(drawing, live, "predict")

    prediction = PREDICTION[vector_labels]
    drawing.node(_PREDICTION, f"prediction {_text(prediction)}", "output", prediction[0])
    drawing.read(prediction, _PREDICTION)
    drawing.source_of[prediction] = _PREDICTION
    label = LABEL[vector_labels]
    drawing.source_of |= {FEATURES: _FEATURES, label: _LABEL}
    if live.learn:
        drawing.node(_LABEL, f"label {_text(label)}", "input", label[0])
    _component(drawing, live, "learn")
    for address in carried:
        node = f"next.{_text(address)}"
        drawing.node(node, f"{_text(address)} for the next step", "memory", address[0])
        drawing.edge(drawing.source_of[address], node, label="next step")
    return Graph(
        nodes=tuple(drawing.nodes.values()),
        edges=tuple(drawing.edges.values()),
        groups=tuple(Group(name, title) for name, title in _FRAMES.items() if live.component(name)),
        inputs=tuple(name for name in (_FEATURES, _LABEL) if name in drawing.nodes),
        outputs=(_PREDICTION,),
        title="Program",
    )


def _component(drawing: _Drawing, live: Program, name: Component) -> None:
    for line, instruction in enumerate(live.component(name)):
        op = OPS[instruction.op]
        node, text = f"{name}.{line}", instruction_text(instruction)
        if name in _FRAMES:
            drawing.node(node, text, op.name, op.output, group=name)
        else:
            drawing.node(node, f"{name.capitalize()}: {text}", op.name, op.output)
        for address in reads(instruction):
            drawing.read(address, node)
        out = written(instruction)
        assert out is not None  # what writes nothing is never live
        if op.keeps_rest and out in drawing.source_of:
            drawing.edge(drawing.source_of[out], node)
        drawing.source_of[out] = node


def _text(address: Address) -> str:
    return f"{address[0]}{address[1]}"
