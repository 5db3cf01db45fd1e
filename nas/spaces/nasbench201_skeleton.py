"""What surrounds and carries the cells of NAS-Bench-201: stem, stages, reductions, head; and what all of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from nas.blueprint.draft import Draft, Value
from nas.blueprint.piece import Operation, Piece, piece
from nas.core.graph import Shape
from nas.operations.catalogue import OPERATIONS
from nas.operations.convolutions import conv_bn
from nas.operations.heads import bn_relu_head
from nas.operations.reductions import residual_reduction
from nas.spaces.nasbench201_cell import OPERATION_NAMES

NUM_STAGES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the network outside the cells. `operation` and `settings` write it; None for a stage of cells."""

    id: str
    label: str
    kind: str
    operation: Operation | None = None
    settings: tuple[int, ...] = ()


def skeleton(width: int, num_classes: int) -> list[Part]:
    parts = [Part("stem", "Stem", "stem", _stem, (width,))]
    for stage in range(NUM_STAGES):
        if stage:
            parts.append(Part(f"reduction{stage}", "Reduction", "reduction", residual_reduction, (width << stage,)))
        parts.append(Part(f"stage{stage + 1}", f"Stage {stage + 1}", "cell"))
    return [*parts, Part("head", "Head", "head", bn_relu_head, (num_classes,))]


def _stem(draft: Draft, x: Value, width: int) -> Value:
    return conv_bn(draft, x, width, 3)


@dataclass(frozen=True, slots=True)
class PricedPart:
    """A part at its place: `shape` is its output, `price` what it costs (None for a stage of cells)."""

    part: Part
    shape: Shape
    price: Piece | None


@lru_cache(maxsize=256)
def priced_skeleton(width: int, input_shape: Shape, num_classes: int) -> tuple[PricedPart, ...]:
    priced, shape = [], input_shape
    for part in skeleton(width, num_classes):
        price = piece(part.operation, shape, *part.settings) if part.operation else None
        shape = price.shape if price else shape
        priced.append(PricedPart(part, shape, price))
    return tuple(priced)


_Sum = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Bill:
    """Prices of one setting. Sums are (params, macs, activations, buffers); `per_edge` is over all cells of the network."""

    base: _Sum
    per_edge: dict[str, _Sum]
    skeleton_peak: int
    largest_cell_tensor: int


@lru_cache(maxsize=128)
def bill(width: int, cells: int, input_shape: Shape, num_classes: int) -> Bill:
    parts = priced_skeleton(width, input_shape, num_classes)
    stages = [part.shape for part in parts if part.price is None]
    fixed = [part.price for part in parts if part.price is not None]
    per_edge = {
        name: _sum([piece(OPERATIONS[name].write, shape, shape[0], 1) for shape in stages], times=cells)
        for name in OPERATION_NAMES
    }
    return Bill(
        base=_sum(fixed),
        per_edge=per_edge,
        skeleton_peak=max(price.peak for price in fixed),  # a single tensor is alive between two parts
        largest_cell_tensor=max(prod(shape) for shape in stages),
    )


def _sum(prices: list[Piece], times: int = 1) -> _Sum:
    return (
        times * sum(price.params for price in prices),
        times * sum(price.macs for price in prices),
        times * sum(price.activations for price in prices),
        times * sum(price.buffers for price in prices),
    )
