"""What surrounds and carries the cells of NAS-Bench-201: stem, stages, reductions, head; and what all of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod

from nas.core.graph import Shape
from nas.hardware.memory import Step, peak_activation
from nas.operations.catalogue import OPERATIONS
from nas.operations.convolutions import conv_bn_cost
from nas.operations.count import NOTHING, Count
from nas.operations.heads import classifier_head_cost
from nas.operations.reductions import residual_reduction_cost
from nas.spaces.nasbench201_cell import OPERATION_NAMES

NUM_STAGES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the network outside the cells; `shape` is its output, `count` what it costs ("cell": nothing yet)."""

    id: str
    label: str
    operation: str
    shape: Shape
    count: Count


def skeleton(width: int, input_shape: Shape, num_classes: int) -> list[Part]:
    shape, count = conv_bn_cost(input_shape, width, kernel=3)
    parts = [Part("stem", "Stem", "stem", shape, count)]
    for stage in range(NUM_STAGES):
        if stage:
            shape, count = residual_reduction_cost(shape, width << stage)
            parts.append(Part(f"reduction{stage}", "Reduction", "reduction", shape, count))
        parts.append(Part(f"stage{stage + 1}", f"Stage {stage + 1}", "cell", shape, NOTHING))
    shape, count = classifier_head_cost(shape, num_classes)
    parts.append(Part("head", "Head", "head", shape, count))
    return parts


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
    parts = skeleton(width, input_shape, num_classes)
    stages = [part.shape for part in parts if part.operation == "cell"]
    base = sum((part.count for part in parts), start=NOTHING)
    per_edge = {}
    for name in OPERATION_NAMES:
        per_edge[name] = _as_sum(sum((OPERATIONS[name].cost(shape)[1] * cells for shape in stages), start=NOTHING))
    return Bill(
        base=_as_sum(base),
        per_edge=per_edge,
        skeleton_peak=_outside_peak(parts, input_shape, num_classes),
        largest_cell_tensor=max(prod(shape) for shape in stages),
    )


def _as_sum(count: Count) -> _Sum:
    return count.params, count.macs, count.activations, count.buffers


def _outside_peak(parts: list[Part], input_shape: Shape, num_classes: int) -> int:
    """Peak elements outside the cells. Between parts a single tensor is alive, so each part can be walked by itself."""
    stem, last_cell = parts[0], parts[-2].shape
    steps = [Step("stem", ("image",), "x", prod(stem.shape))]
    peaks = [peak_activation(steps, {"image": prod(input_shape)}, frozenset({"x"})).elements]
    for before, part in pairwise(parts):
        if part.operation == "reduction":
            c_in, _, _ = before.shape
            _, height, width = part.shape
            full, half = prod(before.shape), prod(part.shape)
            steps = [
                Step("relu", ("x",), "a", full, "in_place"),
                Step("conv 3×3, stride 2", ("a",), "b", half),
                Step("relu", ("b",), "c", half, "in_place"),
                Step("conv 3×3", ("c",), "d", half),
                Step("pool 2×2", ("x",), "e", c_in * height * width),
                Step("conv 1×1", ("e",), "f", half),
                Step("add", ("d", "f"), "g", half, "in_place"),
            ]
            peaks.append(peak_activation(steps, {"x": full}, frozenset({"g"})).elements)
    steps = [
        Step("relu", ("x",), "a", prod(last_cell), "in_place"),
        Step("mean", ("a",), "b", last_cell[0]),
        Step("linear", ("b",), "logits", num_classes),
    ]
    peaks.append(peak_activation(steps, {"x": prod(last_cell)}, frozenset({"logits"})).elements)
    return max(peaks)
