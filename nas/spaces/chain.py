"""Networks that are one chain of operations in sections: stem, stages of blocks, head. Written out, drawn and priced alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft
from nas.blueprint.piece import Operation, Piece, piece
from nas.core.cost import Cost
from nas.core.graph import Edge, Graph, Group, Node, Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.price import Price


@dataclass(frozen=True, slots=True)
class Link:
    """One operation of the chain.

    Attributes:
      name: of its group within the section; "" puts its layers into the section itself.
      label: for people: "MB6 5×5 SE".
      kind: the operation's name in drawings: "mbconv_k5_e6".
      operation: a module-level function (draft, value, *settings) → value.
      in_training: further settings, which only training notices; prices are taken without them.
    """

    name: str
    label: str
    kind: str
    operation: Operation
    settings: tuple[Any, ...]
    in_training: tuple[Any, ...] = ()

    def price(self, shape: Shape) -> Piece:
        return piece(self.operation, shape, *self.settings)


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    label: str
    links: tuple[Link, ...]


def chain_blueprint(sections: Iterable[Section], input_shape: Shape) -> Blueprint:
    draft = Draft(input_shape)
    x = draft.inputs[0]
    for section in sections:
        with draft.group(section.name, section.label):
            for link in section.links:
                if not link.name:
                    x = link.operation(draft, x, *link.settings, *link.in_training)
                    continue
                with draft.group(link.name, link.label):
                    x = link.operation(draft, x, *link.settings, *link.in_training)
    return draft.finish(x)


def chain_graph(sections: Sequence[Section], input_shape: Shape, num_classes: int, title: str) -> Graph:
    """One node per link, with shape and costs; one group per section of several links."""
    nodes = [Node("image", "Image", "input", shape=input_shape)]
    groups = []
    shape = input_shape
    for section in sections:
        has_frame = len(section.links) > 1 or bool(section.links[0].name)
        if has_frame:
            groups.append(Group(section.name, section.label))
        for link in section.links:
            price = link.price(shape)
            shape = price.shape
            nodes.append(
                Node(
                    f"{section.name}.{link.name}" if link.name else section.name,
                    link.label,
                    link.kind,
                    section.name if has_frame else None,
                    shape,
                    params=price.params,
                    macs=price.macs,
                )
            )
    nodes.append(Node("logits", "Classes", "output", shape=(num_classes,)))
    return Graph(
        nodes=tuple(nodes),
        edges=tuple(Edge(a.id, b.id) for a, b in pairwise(nodes)),
        groups=tuple(groups),
        title=title,
        inputs=("image",),
        outputs=("logits",),
    )


def chain_cost(priced: Iterable[tuple[Price | Piece, int]]) -> Cost:
    """Costs of a chain of (price, how often in a row). A single tensor is alive between two links: the worst one is the peak."""
    params = macs = bias_adds = activations = buffers = peak = 0
    for price, times in priced:
        params += times * price.params
        macs += times * price.macs
        bias_adds += times * price.bias_adds
        activations += times * price.activations
        buffers += times * price.buffers
        peak = max(peak, price.peak)
    return Cost(
        params=params,
        macs=macs,
        bias_adds=bias_adds,
        activations=activations,
        peak_memory_bytes=BYTES_PER_ELEMENT * peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + buffers),
    )
