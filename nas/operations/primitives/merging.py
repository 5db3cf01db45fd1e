"""Several tensors become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.graph import Shape
from nas.hardware.memory import Memory


@dataclass(frozen=True, slots=True)
class Add(Primitive):
    """Sum of two tensors of one shape."""

    name: ClassVar[str] = "add"
    memory: ClassVar[Memory] = "in_place"

    @property
    def label(self) -> str:
        return "Add"

    def shape(self, *inputs: Shape) -> Shape:
        first, second = inputs
        if first != second:
            raise ValueError(f"shapes {first} and {second} cannot be added")
        return first

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("merge:Add")


@dataclass(frozen=True, slots=True)
class Multiply(Primitive):
    """A tensor times one weight per channel: (C, H, W), (C, 1, 1) → (C, H, W)."""

    name: ClassVar[str] = "multiply"
    memory: ClassVar[Memory] = "in_place"

    @property
    def label(self) -> str:
        return "Scale channels"

    def shape(self, *inputs: Shape) -> Shape:
        tensor, weights = inputs
        if weights != (tensor[0], 1, 1) and weights != tensor:
            raise ValueError(f"{weights} is not one weight per channel of {tensor}")
        return tensor

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("merge:Multiply")


@dataclass(frozen=True, slots=True)
class Concat(Primitive):
    """Tensors of one height and width, one behind the other along the channels."""

    name: ClassVar[str] = "concat"

    @property
    def label(self) -> str:
        return "Concatenate"

    def shape(self, *inputs: Shape) -> Shape:
        if len({shape[1:] for shape in inputs}) != 1:
            raise ValueError(f"tensors of shapes {', '.join(map(str, inputs))} cannot be concatenated")
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("merge:Concat")
