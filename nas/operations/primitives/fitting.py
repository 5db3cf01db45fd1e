"""Tensors brought to another size: places by interpolation, channels by cutting off or filling up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.graph import Shape
from nas.hardware.memory import Step
from nas.operations.primitives.window import Pair, pair_text


@dataclass(frozen=True, slots=True)
class Resize(Primitive):
    """(C, H, W) → (C, *size), bilinear, smoothed where it shrinks. Interpolation counts no MACs, as pooling counts none."""

    size: Pair

    name: ClassVar[str] = "resize"

    @property
    def label(self) -> str:
        return f"Resize to {pair_text(self.size, '×', fold=False)}"

    def shape(self, *inputs: Shape) -> Shape:
        return (inputs[0][0], *self.size)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("resize:Resize", self.size)


@dataclass(frozen=True, slots=True)
class FitChannels(Primitive):
    """(C, H, W) → (c_out, H, W): the first channels, or all of them and zeros behind."""

    c_out: int

    name: ClassVar[str] = "fit_channels"

    @property
    def label(self) -> str:
        return f"Fit to {self.c_out} channels"

    def shape(self, *inputs: Shape) -> Shape:
        return (self.c_out, *inputs[0][1:])

    def steps(self, reads: Sequence[str], writes: str, inputs: Sequence[Shape], output: Shape) -> list[Step]:
        is_view = self.c_out <= inputs[0][0]
        return [Step(self.name, tuple(reads), writes, prod(output), "alias" if is_view else "fresh")]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("fit_channels:FitChannels", (self.c_out,))
