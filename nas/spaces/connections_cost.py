"""What networks with searched connections cost, in closed form: prices of their nodes, and one walk over each stage."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from nas.blueprint.piece import Piece, piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.connected_node import OPERATIONS, Substrate, connected_node, connected_stem, inner_width
from nas.operations.wired_node import wired_head
from nas.spaces.random_wiring_cost import walk


class Layout(NamedTuple):
    """What all networks of a configuration share."""

    substrate: Substrate
    widths: tuple[int, ...]


class PricedNode(NamedTuple):
    """A node of one operation; `middle`: elements between its two operators, 0 where one does all."""

    piece: Piece
    middle: int


class PricedStage(NamedTuple):
    """Prices by operation: of nodes that read the stage's input, and of the others; sizes in elements."""

    entry: dict[str, PricedNode]
    inner: dict[str, PricedNode]
    shape: Shape
    read: int
    tensor: int

    def node(self, operation: str, *, is_entry: bool) -> PricedNode:
        return (self.entry if is_entry else self.inner)[operation]


class PricedLayout(NamedTuple):
    stem: Piece
    stages: tuple[PricedStage, ...]
    head: Piece


@lru_cache(maxsize=256)
def priced_layout(layout: Layout, input_shape: Shape, num_classes: int) -> PricedLayout:
    stem = piece(connected_stem, input_shape, layout.substrate, layout.widths[0])
    stages: list[PricedStage] = []
    shape = stem.shape
    for width in layout.widths:
        entry = {name: _priced(shape, width, 2, name) for name in OPERATIONS[layout.substrate]}
        written = next(iter(entry.values())).piece.shape
        inner = {name: _priced(written, width, 1, name) for name in entry}
        stages.append(PricedStage(entry, inner, written, prod(shape), prod(written)))
        shape = written
    return PricedLayout(stem, tuple(stages), piece(wired_head, shape, num_classes, 0, 0.0))


def connections_cost(
    layout: Layout, wiring: Sequence[Sequence[int]], operations: Sequence[str], input_shape: Shape, num_classes: int
) -> Cost:
    """`wiring`: for each active node the nodes it reads; `operations` of the active nodes."""
    stem, stages, head = priced_layout(layout, input_shape, num_classes)
    params, macs = stem.params + head.params, stem.macs + head.macs
    activations, buffers = stem.activations + head.activations, stem.buffers + head.buffers
    peak = max(stem.peak, head.peak)
    for stage in stages:
        nodes = [stage.node(name, is_entry=not sources) for name, sources in zip(operations, wiring, strict=True)]
        _, weights, highest = walk(wiring, stage.read, stage.tensor, [node.middle for node in nodes])
        params += weights
        for node, _ in nodes:
            params += node.params
            macs += node.macs
            activations += node.activations
            buffers += node.buffers
        peak = max(peak, highest)
    return Cost(
        params=params,
        macs=macs,
        bias_adds=num_classes,
        activations=activations,
        peak_memory_bytes=BYTES_PER_ELEMENT * peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + buffers),
    )


def _priced(shape: Shape, width: int, stride: int, operation: str) -> PricedNode:
    price = piece(connected_node, shape, width, stride, operation)
    if len(shape) == 1:
        return PricedNode(price, inner_width(operation, width))
    middle = 0 if operation == "conv_3x3" else shape[0] * prod(price.shape[1:])
    return PricedNode(price, middle)
