"""Batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import Count
from nas.core.graph import Shape
from nas.hardware.memory import Memory


@dataclass(frozen=True, slots=True)
class BatchNorm(Primitive):
    """(C, …) → the same. Scale and shift are trained, running mean and variance stored; folded at inference: no MACs.

    `momentum` is torch's: the share of the new batch in the running statistics.
    """

    eps: float = 1e-5
    momentum: float = 0.1
    affine: bool = True

    name: ClassVar[str] = "bn"
    memory: ClassVar[Memory] = "in_place"

    @property
    def label(self) -> str:
        return "Batch norm"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        return Count(params=2 * output[0] if self.affine else 0, buffers=2 * output[0])

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        named: dict[str, object] = {}
        if self.eps != 1e-5:
            named["eps"] = self.eps
        if self.momentum != 0.1:
            named["momentum"] = self.momentum
        if not self.affine:
            named["affine"] = False
        return ModuleCall("BatchNorm1d" if len(inputs[0]) == 1 else "BatchNorm2d", (inputs[0][0],), named)
