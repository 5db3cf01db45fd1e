"""Noise in training; nothing at all afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

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
    """Each example's whole tensor becomes zero with `probability`, in training; the others are scaled up to match.

    The probability is `constant`, or grows linearly from 0 with the epochs or steps that are done (Zoph et al. 2018, arXiv
    1707.07012, appendix A.5).
    """

    probability: float
    schedule: Literal["constant", "epochs", "steps"] = "constant"

    name: ClassVar[str] = "drop_path"
    memory: ClassVar[Memory] = "alias"

    @property
    def label(self) -> str:
        return f"Drop path {'' if self.schedule == 'constant' else 'up to '}{self.probability:g}"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        named = {} if self.schedule == "constant" else {"schedule": self.schedule}
        return ModuleCall("drop_path:DropPath", (self.probability,), named)
