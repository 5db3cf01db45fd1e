"""What randomly wired networks cost, in closed form.

Nodes of a stage are of two sorts: those that read the stage's input (stride 2, its channels) and the others. Additive costs
follow from the number of either and from the edges; peak memory from one walk over the nodes of each stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from nas.blueprint.piece import Piece, piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.wired_node import NodeOperation, WiredStem, node_transform, wired_head, wired_stem

_STAGE_INPUT = -1


class Layout(NamedTuple):
    """What all networks of a configuration share."""

    stem: WiredStem
    channels: int
    widths: tuple[int, ...]
    operation: NodeOperation
    head_width: int
    dropout: float


class PricedStage(NamedTuple):
    """Prices of one node that reads the stage's input, and of one that does not; sizes in elements.

    `read` is the stage's input, `tensor` what a node writes; `entry_middle` and `middle` lie between a depthwise
    convolution or a pool and the 1×1 behind it, 0 where a single operator does all.
    """

    entry: Piece
    node: Piece
    shape: Shape
    read: int
    tensor: int
    entry_middle: int
    middle: int


class PricedLayout(NamedTuple):
    stem: Piece
    stages: tuple[PricedStage, ...]
    head: Piece


@lru_cache(maxsize=256)
def priced_layout(layout: Layout, input_shape: Shape, num_classes: int) -> PricedLayout:
    stem = piece(wired_stem, input_shape, layout.stem, layout.channels)
    stages: list[PricedStage] = []
    shape = stem.shape
    for width in layout.widths:
        entry = piece(node_transform, shape, width, 2, layout.operation)
        node = piece(node_transform, entry.shape, width, 1, layout.operation)
        has_middle = len(shape) == 3 and layout.operation != "conv_3x3"
        places = prod(entry.shape[1:]) if has_middle else 0
        read, tensor = prod(shape), prod(entry.shape)
        stages.append(PricedStage(entry, node, entry.shape, read, tensor, shape[0] * places, width * places))
        shape = entry.shape
    return PricedLayout(stem, tuple(stages), piece(wired_head, shape, num_classes, layout.head_width, layout.dropout))


def wired_cost(
    layout: Layout, wirings: Sequence[Sequence[Sequence[int]]], input_shape: Shape, num_classes: int
) -> Cost:
    """`wirings`: for each stage and node, the nodes it reads."""
    stem, stages, head = priced_layout(layout, input_shape, num_classes)
    params, macs = stem.params + head.params, stem.macs + head.macs
    activations, buffers = stem.activations + head.activations, stem.buffers + head.buffers
    peak = max(stem.peak, head.peak)
    for wiring, stage in zip(wirings, stages, strict=True):
        middles = [stage.middle if sources else stage.entry_middle for sources in wiring]
        entries, weights, highest = walk(wiring, stage.read, stage.tensor, middles)
        others = len(wiring) - entries
        entry, node = stage.entry, stage.node
        params += entries * entry.params + others * node.params + weights
        macs += entries * entry.macs + others * node.macs
        activations += entries * entry.activations + others * node.activations
        buffers += entries * entry.buffers + others * node.buffers
        peak = max(peak, highest)
    return Cost(
        params=params,
        macs=macs,
        bias_adds=num_classes,
        activations=activations,
        peak_memory_bytes=BYTES_PER_ELEMENT * peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + buffers),
    )


def walk(wiring: Sequence[Sequence[int]], read: int, tensor: int, middles: Sequence[int]) -> tuple[int, int, int]:
    """Nodes that read the stage's input, weights of sums, elements alive at the peak.

    Sizes in elements: `read` of the stage's input, `tensor` of what a node writes, `middles` of what each node has between
    its two operators, 0 where one does all.

    A sum begins in the buffer of its first tensor if nobody reads that later, else in one of its own; what it was the last
    to read is gone when the node's operation begins. Tensors nobody reads are kept for the mean at the end.
    """
    last_reader = {source: node for node, sources in enumerate(wiring) for source in sources or (_STAGE_INPUT,)}
    entries = weights = 0
    live = read
    levels = [read]
    for node, sources in enumerate(wiring):
        if not sources:
            entries += 1
            if node != last_reader[_STAGE_INPUT]:
                live += read  # the ReLU may not overwrite what others still read
            levels += (live + (middles[node] or tensor), live - read + middles[node] + tensor)
            live += tensor - read
            continue
        if last_reader[sources[0]] != node:
            live += tensor
            levels.append(live)
        if len(sources) > 1:
            weights += len(sources)
            for source in sources[1:]:
                if last_reader[source] == node:
                    live -= tensor
        levels.append(live + (middles[node] or tensor))
    return entries, weights, max(levels)
