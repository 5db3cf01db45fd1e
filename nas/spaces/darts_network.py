"""The networks of DARTS around their cells, and the numbers of the network in which the search takes place.

Liu et al. 2019, arXiv 1806.09055, section 3 and appendix A; published code quark0/darts, cnn/model.py and model_search.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from nas.blueprint.draft import Draft, Value
from nas.blueprint.piece import Operation, Piece, piece
from nas.core.count import NOTHING, Count
from nas.core.graph import Shape
from nas.operations.convolutions import activation, conv_bn, relu_conv_bn
from nas.operations.heads import mean_linear_head
from nas.operations.reductions import factorized_reduction
from nas.spaces.cells.family import NORMAL, NUM_INPUTS, REDUCTION, CellFamily, Joins
from nas.spaces.cells.nasnet_stacking import small_stem
from nas.spaces.cells.stacking import Place, Stacking, Stem


def align_newer(draft: Draft, x: Value, filters: int) -> Value:
    return relu_conv_bn(draft, x, filters, 1)


def align_older(draft: Draft, x: Value, filters: int, stride: int) -> Value:
    """ReLU, 1×1, BN, whatever the width; behind a reduction a factorized one."""
    return factorized_reduction(draft, x, filters) if stride > 1 else relu_conv_bn(draft, x, filters, 1)


FAMILY = CellFamily(newer=1, joins=Joins.ALL_BLOCKS, align_newer=align_newer, align_older=align_older)


def first_large_stem(draft: Draft, x: Value, filters: int) -> Value:
    """Two 3×3 convolutions with stride 2: what the first cell reads as its older input."""
    return conv_bn(draft, activation(draft, conv_bn(draft, x, filters // 2, 3, 2)), filters, 3, 2)


def second_large_stem(draft: Draft, x: Value, filters: int) -> Value:
    return conv_bn(draft, activation(draft, x), filters, 3, 2)


def _head(draft: Draft, x: Value, num_classes: int, dropout: float) -> Value:
    return mean_linear_head(draft, x, num_classes, dropout=dropout)


@lru_cache(maxsize=256)
def darts_stacking(
    filters: int, cells: int, stem: Literal["small", "large"], *, dropout: float = 0.0, has_auxiliary_head: bool = False
) -> Stacking:
    """`cells` in a row; those after a third and two thirds are reduction cells and double the width."""
    reductions = (cells // 3, 2 * cells // 3)
    small = (Stem(small_stem, (filters,)),)
    large = (Stem(first_large_stem, (filters,), "First stem"), Stem(second_large_stem, (filters,), "Second stem"))
    stems = small if stem == "small" else large
    older, newer = (0, 0) if stem == "small" else (0, 1)
    width, places = filters, []
    for number in range(cells):
        if number in reductions:
            width *= 2
        places.append(Place(REDUCTION if number in reductions else NORMAL, width, newer, older))
        older, newer = newer, len(stems) + number
    return Stacking(
        stems=stems,
        places=tuple(places),
        head=_head,
        head_settings=(dropout,),
        auxiliary_after=reductions[1] if has_auxiliary_head else None,
    )


def search_network_count(
    stacking: Stacking, operations: Sequence[str], num_nodes: int, input_shape: Shape, num_classes: int
) -> Count:
    """Weights and products of the search network: every operation on every edge of every cell, "none" among them for nothing.

    Inside its cells batch norm has no scale and shift (published code); a pooling's batch norm therefore has no weights
    at all. Architecture parameters are not weights.
    """
    shape: Shape = tuple(input_shape)
    total = NOTHING
    shapes: list[Shape] = []
    for stem in stacking.stems:
        price = piece(stem.operation, shape, *stem.settings)
        total += _count(price)
        shape = price.shape
        shapes.append(shape)
    for place in stacking.places:
        newer, older = shapes[place.newer], shapes[0 if place.older is None else place.older]
        total += _unscaled(FAMILY.align_newer, newer, place.filters)
        total += _unscaled(FAMILY.align_older, older, place.filters, 1 if older[1:] == newer[1:] else 2)
        stride = 1 if place.kind == NORMAL else 2
        outer = (place.filters, *newer[1:])
        inner = (place.filters, -(-newer[1] // stride), -(-newer[2] // stride))
        edges_within = num_nodes * (num_nodes - 1) // 2
        for name in operations:
            total += _unscaled(FAMILY.write(name), outer, place.filters, stride) * (NUM_INPUTS * num_nodes)
            total += _unscaled(FAMILY.write(name), inner, place.filters, 1) * edges_within
        shapes.append((num_nodes * place.filters, *inner[1:]))
    return total + _count(piece(stacking.head, shapes[-1], num_classes, *stacking.head_settings))


def num_alphas(num_operations: int, num_nodes: int) -> int:
    """Architecture parameters of the search: one per operation, "none" too, and edge, for both kinds of cells."""
    return 2 * (num_operations + 1) * sum(NUM_INPUTS + node for node in range(num_nodes))


def _unscaled(operation: Operation, shape: Shape, *settings: int) -> Count:
    """Without the scale and shift of batch norm, which are as many as its running statistics."""
    price = piece(operation, shape, *settings)
    return _count(price) + Count(params=-price.buffers)


def _count(price: Piece) -> Count:
    return Count(price.params, price.macs, price.bias_adds, price.activations, price.buffers)
