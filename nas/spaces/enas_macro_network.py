"""The networks of ENAS's macro space: what a layer is made of, where the maps are halved, what all of it costs.

Pham et al. 2018, arXiv 1802.03268, section 2.3, and its published code (melodyguan/enas, src/cifar10/general_child.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, count
from math import prod
from typing import Any, Literal

from nas.blueprint.draft import Draft, Value
from nas.blueprint.piece import Piece, piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.convolutions import (
    activation,
    batch_norm,
    conv_bn,
    conv_bn_activation,
    depthwise,
    relu_conv_bn,
)
from nas.operations.heads import mean_linear_head
from nas.operations.pooling import pool
from nas.operations.reductions import factorized_reduction

Style = Literal["search", "final"]

OPERATION_NAMES = ("conv_3x3", "sep_conv_3x3", "conv_5x5", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3")
"""In the order of the published arcs: 0 to 5."""

OPERATIONS_OF: dict[Style, tuple[str, ...]] = {"search": OPERATION_NAMES, "final": OPERATION_NAMES[:4]}
"""The published final network has no poolings, and full convolutions in place of the separable ones."""


def stem(draft: Draft, x: Value, filters: int) -> Value:
    return conv_bn(draft, x, filters, 3)


def search_branch(draft: Draft, x: Value, operation: str, filters: int) -> Value:
    """1×1, BN, ReLU; then the pooling, or the convolution with BN and ReLU."""
    x = conv_bn_activation(draft, x, filters, 1)
    if operation.endswith("pool_3x3"):
        return pool(draft, x, "avg" if operation.startswith("avg") else "max")
    kernel = int(operation[-1])
    if operation.startswith("sep"):
        return activation(draft, conv_bn(draft, depthwise(draft, x, kernel), filters, 1))
    return conv_bn_activation(draft, x, filters, kernel)


def final_branch(draft: Draft, x: Value, operation: str, filters: int) -> Value:
    """ReLU, 1×1, BN, ReLU, full convolution, BN."""
    return relu_conv_bn(draft, relu_conv_bn(draft, x, filters, 1), filters, int(operation[-1]))


def projection(draft: Draft, x: Value, filters: int) -> Value:
    """What follows the joined maps of a layer of the final network: ReLU, 1×1, BN."""
    return relu_conv_bn(draft, x, filters, 1)


def halved(draft: Draft, x: Value, filters: int) -> Value:
    return factorized_reduction(draft, x, filters, relu=False)


def halved_map(draft: Draft, x: Value, source: int, filters: int) -> Value:
    """`halved` under a name that says whose map it is: that of a layer, or 0, the stem's."""
    with draft.group(f"map{source}", f"Map {source}"):
        return halved(draft, x, filters)


def head(draft: Draft, x: Value, num_classes: int, dropout: float = 0.0) -> Value:
    return mean_linear_head(draft, x, num_classes, dropout=dropout, bias=False)


BRANCHES = {"search": search_branch, "final": final_branch}


def halvings(num_layers: int) -> tuple[int, ...]:
    """Layers, counted from 1, after which the maps are halved: the ends of the first and the second third."""
    return tuple(dict.fromkeys(end for end in (num_layers // 3, 2 * (num_layers // 3)) if end))


def last_readers(layers: Sequence[dict[str, Any]]) -> list[int]:
    """For the stem (0) and each layer: the number of the last layer that reads its map; the head is one more than the last."""
    last = list(range(1, len(layers) + 2))
    for number, layer in enumerate(layers[1:], start=2):
        for source in compress(count(), layer["skips"]):
            last[source] = number
    return last


_Sum = tuple[int, int, int, int]  # params, macs, activations, statistics


@dataclass(frozen=True, slots=True)
class _StagePrices:
    """Prices at one size of the maps. Peaks are what an operation needs beyond its input, `beside`: which must survive it."""

    size: int  # elements of a map
    branches: dict[str, tuple[_Sum, int, int]]
    joins: tuple[_Sum, ...]  # by the number of skips
    halving: tuple[_Sum, int]  # into the next stage


@dataclass(frozen=True, slots=True)
class _Prices:
    ends: _Sum
    first_peak: int
    last_peak: int
    stages: tuple[_StagePrices, ...]


def macro_cost(
    layers: Sequence[dict[str, Any]], style: Style, filters: int, input_shape: Shape, num_classes: int
) -> Cost:
    """Equal to the cost of the blueprint: all maps of a stage have one size, so memory is the number of those alive."""
    prices = _prices(style, len(layers), filters, tuple(input_shape), num_classes)
    last = last_readers(layers)
    done = [0] * (len(layers) + 2)  # maps that nobody reads after a layer
    for reader in last:
        done[reader] += 1
    ends = halvings(len(layers))
    params, macs, activations, statistics = prices.ends
    peak = prices.first_peak
    at_stage = 0
    here = prices.stages[0]
    alive = 1  # maps that are still read
    for number, layer in enumerate(layers, start=1):
        added, dying, surviving = here.branches[layer["operation"]]
        num_skips = sum(layer["skips"]) if number > 1 else 0
        joined = here.joins[num_skips] if number > 1 else _NOTHING
        params += added[0] + joined[0]
        macs += added[1] + joined[1]
        activations += added[2] + joined[2]
        statistics += added[3] + joined[3]
        peak = max(peak, alive * here.size + (surviving if last[number - 1] > number else dying))
        if style == "final" and number > 1:
            if num_skips:  # all maps, the result among them, and their join
                peak = max(peak, (alive + (last[number - 1] > number) + num_skips + 1) * here.size)
            peak = max(peak, (alive + 1 - done[number] + num_skips + 1) * here.size)
        alive += 1 - done[number]
        if number in ends:
            added, more = here.halving
            following = prices.stages[at_stage + 1]
            num_maps = sum([reader > number for reader in last[: number + 1]])
            params += num_maps * added[0]
            macs += num_maps * added[1]
            activations += num_maps * added[2]
            statistics += num_maps * added[3]
            peak = max(
                peak,
                num_maps * here.size + more,
                here.size + (num_maps - 1) * following.size + more,
            )
            at_stage, here, alive = at_stage + 1, following, num_maps
    peak = max(peak, prices.last_peak)
    return Cost(
        params=params,
        macs=macs,
        bias_adds=0,
        activations=activations,
        peak_memory_bytes=BYTES_PER_ELEMENT * peak,
        weight_bytes=BYTES_PER_ELEMENT * (params + statistics),
    )


def supernet_params(num_layers: int, filters: int, channels: int, num_classes: int) -> int:
    """Weights shared by all architectures of the search network: every layer holds all six branches.

    Each branch has a 1×1 convolution of its own, every map is halved by its own reduction. With F filters: 42F² + 54F per
    layer, 2F for the norm of the sum from the second layer on.
    """
    shape = (filters, 8, 8)
    layer = sum(piece(search_branch, shape, operation, filters).params for operation in OPERATION_NAMES)
    norm = piece(batch_norm, shape).params
    reduction = piece(halved, shape, filters).params
    return (
        piece(stem, (channels, 8, 8), filters).params
        + num_layers * layer
        + (num_layers - 1) * norm
        + sum((end + 1) * reduction for end in halvings(num_layers))  # the stem's map is halved as well
        + piece(head, shape, num_classes).params
    )


_NOTHING: _Sum = (0, 0, 0, 0)


@lru_cache(maxsize=128)
def _prices(style: Style, num_layers: int, filters: int, input_shape: Shape, num_classes: int) -> _Prices:
    begin = piece(stem, input_shape, filters)
    shape = begin.shape
    stages = []
    for stage in range(len(halvings(num_layers)) + 1):
        if stage:
            filters = wider(style, filters)
            shape = piece(halved, shape, filters).shape
        stages.append(_stage_prices(style, num_layers, shape, wider(style, filters)))
    end = piece(head, shape, num_classes)
    ends = tuple(a + b for a, b in zip(_sum(begin), _sum(end), strict=True))
    return _Prices((ends[0], ends[1], ends[2], ends[3]), begin.peak, end.peak, tuple(stages))


def wider(style: Style, filters: int) -> int:
    """Filters after a halving."""
    return 2 * filters if style == "final" else filters


def _stage_prices(style: Style, num_layers: int, shape: Shape, filters_after: int) -> _StagePrices:
    size, filters = prod(shape), shape[0]
    branches = {}
    for operation in OPERATIONS_OF[style]:
        price = piece(BRANCHES[style], shape, operation, filters)
        branches[operation] = (_sum(price), price.peak - size, price.peak_beside - size)
    if style == "search":
        joins = num_layers * (_sum(piece(batch_norm, shape)),)
    else:
        joins = tuple(
            _sum(piece(projection, (wide * filters, *shape[1:]), filters)) for wide in range(1, num_layers + 1)
        )
    reduction = piece(halved, shape, filters_after)
    return _StagePrices(size, branches, joins, (_sum(reduction), reduction.peak - size))


def _sum(price: Piece) -> _Sum:
    return (price.params, price.macs, price.activations, price.buffers)
