"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import Count
from nas.core.graph import Shape
from nas.operations.primitives.window import Pair, pair_text, window_shape


@dataclass(frozen=True, slots=True)
class Conv(Primitive):
    """(C, H, W) → (c_out, H', W'). Pairs are (vertical, horizontal); `padding` is added on both sides of an axis."""

    c_out: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = False

    name: ClassVar[str] = "conv"

    @property
    def operation(self) -> str:
        kind = "conv" if self.groups == 1 else "group_conv" if self.groups < self.c_out else "depthwise"
        return f"{'dil_' if self.dilation != (1, 1) else ''}{kind}_{pair_text(self.kernel, 'x', fold=False)}"

    @property
    def label(self) -> str:
        kind = "Conv" if self.groups == 1 else "Group conv" if self.groups < self.c_out else "Depthwise"
        parts = [f"{kind} {pair_text(self.kernel, '×', fold=False)}"]
        if self.stride != (1, 1):
            parts.append(f"stride {pair_text(self.stride, '×')}")
        if self.dilation != (1, 1):
            parts.append(f"dilation {pair_text(self.dilation, '×')}")
        if 1 < self.groups < self.c_out:
            parts.append(f"{self.groups} groups")
        return ", ".join(parts)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if shape[0] % self.groups or self.c_out % self.groups:
            raise ValueError(f"{self.groups} groups divide neither or only one of {shape[0]} and {self.c_out} channels")
        height, width = window_shape(shape, self.kernel, self.stride, self.padding, self.dilation)
        return (self.c_out, height, width)

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        places = output[1] * output[2]
        weights = self.kernel[0] * self.kernel[1] * (inputs[0][0] // self.groups) * self.c_out
        biases = self.c_out if self.bias else 0
        return Count(
            params=weights + biases,
            macs=(weights + biases) * places,
            bias_adds=biases * places,
            activations=self.c_out * places,
        )

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        named: dict[str, object] = {}
        if self.stride != (1, 1):
            named["stride"] = self.stride
        if self.padding != (0, 0):
            named["padding"] = self.padding
        if self.dilation != (1, 1):
            named["dilation"] = self.dilation
        if self.groups != 1:
            named["groups"] = self.groups
        return ModuleCall("Conv2d", (inputs[0][0], self.c_out, self.kernel), {**named, "bias": self.bias})
