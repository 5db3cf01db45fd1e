"""Tensors in another arrangement; nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.graph import Shape
from nas.hardware.memory import Memory, Step


@dataclass(frozen=True, slots=True)
class Flatten(Primitive):
    """(C, H, W) → (C·H·W,)."""

    name: ClassVar[str] = "flatten"
    memory: ClassVar[Memory] = "alias"

    @property
    def label(self) -> str:
        return "Flatten"

    def shape(self, *inputs: Shape) -> Shape:
        return (prod(inputs[0]),)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("Flatten")


@dataclass(frozen=True, slots=True)
class Identity(Primitive):
    """The input itself; makes a skip connection visible as a layer."""

    name: ClassVar[str] = "identity"
    memory: ClassVar[Memory] = "alias"

    @property
    def label(self) -> str:
        return "Identity"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("Identity")


@dataclass(frozen=True, slots=True)
class Zero(Primitive):
    """Zeros in the shape of the input, or of every `stride`-th place of a map: no connection. A constant, as far as memory is
    concerned."""

    stride: int = 1

    name: ClassVar[str] = "zero"

    @property
    def label(self) -> str:
        return "Zero"

    def shape(self, *inputs: Shape) -> Shape:
        if self.stride == 1:
            return inputs[0]
        ((channels, height, width),) = inputs
        return (channels, -(-height // self.stride), -(-width // self.stride))

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("zero:Zero", (self.stride,) if self.stride > 1 else ())


@dataclass(frozen=True, slots=True)
class ZeroPad(Primitive):
    """Rows and columns of zeros around a map."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    name: ClassVar[str] = "pad"

    @property
    def label(self) -> str:
        return "Pad"

    def shape(self, *inputs: Shape) -> Shape:
        ((channels, height, width),) = inputs
        return (channels, height + self.top + self.bottom, width + self.left + self.right)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("ZeroPad2d", ((self.left, self.right, self.top, self.bottom),))


@dataclass(frozen=True, slots=True)
class EdgePad(Primitive):
    """The last row and column repeated below and to the right."""

    bottom: int = 0
    right: int = 0

    name: ClassVar[str] = "edge_pad"

    @property
    def label(self) -> str:
        return "Repeat the edge"

    def shape(self, *inputs: Shape) -> Shape:
        ((channels, height, width),) = inputs
        return (channels, height + self.bottom, width + self.right)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("ReplicationPad2d", ((0, self.right, 0, self.bottom),))


@dataclass(frozen=True, slots=True)
class Shift(Primitive):
    """The map without its first row and column, an odd side filled up with a zero: what the second path of a factorised
    reduction samples, so that both paths give ceil(side / 2) places (Zoph et al. 2018, arXiv 1707.07012)."""

    name: ClassVar[str] = "shift"

    @property
    def label(self) -> str:
        return "Shift by one"

    def shape(self, *inputs: Shape) -> Shape:
        ((channels, height, width),) = inputs
        return (channels, height - 1 + height % 2, width - 1 + width % 2)

    def steps(self, reads: Sequence[str], writes: str, inputs: Sequence[Shape], output: Shape) -> list[Step]:
        fills_up = inputs[0][1] % 2 or inputs[0][2] % 2  # else it is a view
        return [Step(self.name, tuple(reads), writes, prod(output), "fresh" if fills_up else "alias")]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("shift:Shift")
