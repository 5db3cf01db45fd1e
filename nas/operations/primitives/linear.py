"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import Count
from nas.core.graph import Shape


@dataclass(frozen=True, slots=True)
class Linear(Primitive):
    """(C,) → (c_out,)."""

    c_out: int
    bias: bool = True

    name: ClassVar[str] = "linear"

    @property
    def label(self) -> str:
        return "Linear"

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        if len(shape) != 1:
            raise ValueError(f"a linear layer reads a vector, not {shape}")
        return (self.c_out,)

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        biases = self.c_out if self.bias else 0
        params = inputs[0][0] * self.c_out + biases
        return Count(params=params, macs=params, bias_adds=biases, activations=self.c_out)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("Linear", (inputs[0][0], self.c_out), {} if self.bias else {"bias": False})
