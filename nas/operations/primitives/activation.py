"""Functions applied to each element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.graph import Shape
from nas.hardware.memory import Memory

Function = Literal["relu", "relu6", "swish", "hswish", "sigmoid", "hsigmoid", "tanh", "gelu"]

_MODULES = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "swish": "SiLU",
    "hswish": "Hardswish",
    "sigmoid": "Sigmoid",
    "hsigmoid": "Hardsigmoid",
    "tanh": "Tanh",
    "gelu": "GELU",
}
_LABELS = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "swish": "Swish",
    "hswish": "Hard swish",
    "sigmoid": "Sigmoid",
    "hsigmoid": "Hard sigmoid",
    "tanh": "Tanh",
    "gelu": "GELU",
}


@dataclass(frozen=True, slots=True)
class Activation(Primitive):
    """Keeps the shape; leaves its input untouched for others that read it."""

    function: Function = "relu"

    name: ClassVar[str] = "activation"
    memory: ClassVar[Memory] = "in_place"

    @property
    def operation(self) -> str:
        return self.function

    @property
    def label(self) -> str:
        return _LABELS[self.function]

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall(_MODULES[self.function])
