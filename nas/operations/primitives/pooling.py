"""Pooling: windows, and the mean over all places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import Count
from nas.core.graph import Shape
from nas.operations.primitives.window import Pair, pair_text, window_shape


@dataclass(frozen=True, slots=True)
class Pool(Primitive):
    """(C, H, W) → (C, H', W'). An average leaves the padding out of its mean; `rounds_up` lets a last window overhang."""

    kind: Literal["max", "avg"]
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    rounds_up: bool = False

    name: ClassVar[str] = "pool"

    @property
    def operation(self) -> str:
        return f"{self.kind}_pool_{pair_text(self.kernel, 'x', fold=False)}"

    @property
    def label(self) -> str:
        text = f"{'Max' if self.kind == 'max' else 'Average'} pool {pair_text(self.kernel, '×', fold=False)}"
        return text if self.stride == (1, 1) else f"{text}, stride {pair_text(self.stride, '×')}"

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        return (shape[0], *window_shape(shape, self.kernel, self.stride, self.padding, rounds_up=self.rounds_up))

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        return Count(activations=prod(output))

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        named: dict[str, object] = {"stride": self.stride}
        if self.padding != (0, 0):
            named["padding"] = self.padding
        if self.rounds_up:
            named["ceil_mode"] = True
        if self.kind == "max":
            return ModuleCall("MaxPool2d", (self.kernel,), named)
        if self.padding != (0, 0):
            named["count_include_pad"] = False
        return ModuleCall("AvgPool2d", (self.kernel,), named)


@dataclass(frozen=True, slots=True)
class GlobalMean(Primitive):
    """(C, H, W) → (C, 1, 1): the mean over all places. No windowed pool: it adds no activations."""

    name: ClassVar[str] = "global_mean"

    @property
    def label(self) -> str:
        return "Global mean"

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0], 1, 1)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("AdaptiveAvgPool2d", (1,))
