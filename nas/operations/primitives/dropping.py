"""Noise in training; nothing at all afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.graph import Shape
from nas.hardware.memory import Memory


@dataclass(frozen=True, slots=True)
class Dropout(Primitive):
    """Each element becomes zero with `probability`, in training."""

    probability: float

    name: ClassVar[str] = "dropout"
    memory: ClassVar[Memory] = "alias"

    @property
    def label(self) -> str:
        return f"Dropout {self.probability:g}"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("Dropout", (self.probability,))


@dataclass(frozen=True, slots=True)
class DropPath(Primitive):
    """Each example's whole tensor becomes zero with `probability`, in training; the others are scaled up to match."""

    probability: float

    name: ClassVar[str] = "drop_path"
    memory: ClassVar[Memory] = "alias"

    @property
    def label(self) -> str:
        return f"Drop path {self.probability:g}"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        return ModuleCall("drop_path:DropPath", (self.probability,))
