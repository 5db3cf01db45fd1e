"""Several tensors become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import Count
from nas.core.graph import Shape
from nas.hardware.memory import Memory, Step


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


@dataclass(frozen=True, slots=True)
class WeightedSum(Primitive):
    """Sum of tensors of one shape, each times the sigmoid of a trained number (Xie et al. 2019, arXiv 1904.01569, section 3.1)."""

    name: ClassVar[str] = "weighted_sum"

    @property
    def label(self) -> str:
        return "Weighted sum"

    def shape(self, *inputs: Shape) -> Shape:
        return _one_shape(inputs)

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        return Count(params=len(inputs))

    def steps(self, reads: Sequence[str], writes: str, inputs: Sequence[Shape], output: Shape) -> list[Step]:
        """One product, then one fused product and sum per further tensor, each over the sum so far."""
        size = prod(output)
        names = [*(f"{writes}.{place}" for place in range(len(reads) - 1)), writes]
        first = Step(self.name, (reads[0],), names[0], size, "in_place")
        return [
            first,
            *(
                Step(self.name, (names[place - 1], reads[place]), names[place], size, "in_place")
                for place in range(1, len(reads))
            ),
        ]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("weighted_sum:WeightedSum", (len(inputs),))


@dataclass(frozen=True, slots=True)
class Mean(Primitive):
    """Mean of tensors of one shape."""

    name: ClassVar[str] = "mean"

    @property
    def label(self) -> str:
        return "Mean"

    def shape(self, *inputs: Shape) -> Shape:
        return _one_shape(inputs)

    def steps(self, reads: Sequence[str], writes: str, inputs: Sequence[Shape], output: Shape) -> list[Step]:
        """Sums of two, one after the other, then the division."""
        size = prod(output)
        sums = [reads[0], *(f"{writes}.{place}" for place in range(1, len(reads)))]
        return [
            *(
                Step(self.name, (sums[place - 1], reads[place]), sums[place], size, "in_place")
                for place in range(1, len(reads))
            ),
            Step(self.name, (sums[-1],), writes, size, "in_place"),
        ]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("merge:Mean")


def _one_shape(inputs: Sequence[Shape]) -> Shape:
    if len(set(inputs)) != 1:
        raise ValueError(f"tensors of shapes {', '.join(map(str, inputs))} cannot be summed")
    return inputs[0]
