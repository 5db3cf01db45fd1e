"""The smallest things an architecture is made of: one tensor operation that says what it yields, costs and is in torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

from nas.core.count import Count
from nas.core.graph import Shape
from nas.hardware.memory import Memory, Step


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """The constructor call that makes a primitive's torch module: read to build it, and printed to export it.

    Attributes:
      name: a class of `torch.nn` ("Conv2d"), or of a file of `nas.modules` ("merge:Add").
      positional, named: arguments; numbers, texts, booleans and tuples of them only.
    """

    name: str
    positional: tuple[object, ...] = ()
    named: Mapping[str, object] = field(default_factory=dict)


class Primitive(ABC):
    """Base of all primitives; each is a frozen dataclass whose fields are its settings. Shapes are of one example.

    Attributes:
      name: "conv", "add"; with the settings it makes `operation`, the name that drawings and latency tables use.
      memory: how its result is stored (see `nas.hardware.memory`).
    """

    __slots__ = ()
    name: ClassVar[str]
    memory: ClassVar[Memory] = "fresh"

    @property
    def operation(self) -> str:
        """Name for drawings and tables, with what tells its variants apart: "conv_3x3"."""
        return self.name

    @property
    @abstractmethod
    def label(self) -> str:
        """A few words for people: "Conv 3×3, stride 2"."""

    @abstractmethod
    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the result. Raises ValueError when the inputs do not fit."""

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        """What it adds to the costs."""
        return Count()

    def steps(self, reads: Sequence[str], writes: str, inputs: Sequence[Shape], output: Shape) -> list[Step]:
        """Its walk through memory; more than one step where the module makes intermediate tensors."""
        return [Step(self.name, tuple(reads), writes, prod(output), self.memory)]

    @abstractmethod
    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        """How to make its torch module for these inputs."""
