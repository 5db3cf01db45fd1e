"""An architecture written out: its layers in the order they run, who reads what, and how they group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas.blueprint.primitive import Primitive
from nas.core.count import NOTHING, Count
from nas.core.graph import Shape

Path = tuple[str, ...]

AUXILIARY: Path = ("auxiliary",)
"""The group of an auxiliary head: it runs in training only and is left out of every cost."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One primitive at its place.

    Attributes:
      path: groups from the outside in, then its own name; unique, and the name of its module in the network.
      primitive: what it does.
      reads: values it reads, as numbers (see `Blueprint`).
      inputs, shape: shapes of what it reads and of what it writes, without batch axis.
      count: what it adds to the costs.
    """

    path: Path
    primitive: Primitive
    reads: tuple[int, ...]
    inputs: tuple[Shape, ...]
    shape: Shape
    count: Count

    @property
    def group(self) -> Path:
        return self.path[:-1]

    @property
    def is_auxiliary(self) -> bool:
        return self.path[0] == AUXILIARY[0]


@dataclass(frozen=True, slots=True)
class LayerGroup:
    """Layers that belong together: a stage, a cell, a block. `path` begins with the path of the group around it."""

    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Values are numbered: first the inputs, then what each layer writes, in order.

    Attributes:
      inputs: shapes of the inputs; a network has one.
      outputs: values that leave; a network has one, its logits.
      auxiliary: the value of the auxiliary head's logits, None without one.
    """

    inputs: tuple[Shape, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[int, ...]
    groups: tuple[LayerGroup, ...] = ()
    auxiliary: int | None = None

    def shape_of(self, value: int) -> Shape:
        return self.inputs[value] if value < len(self.inputs) else self.layers[value - len(self.inputs)].shape

    @property
    def main_layers(self) -> Sequence[Layer]:
        """Those that run when the network answers: all but the auxiliary head."""
        return [layer for layer in self.layers if not layer.is_auxiliary]

    @property
    def count(self) -> Count:
        """The additive costs: the sum over the main layers."""
        return sum((layer.count for layer in self.main_layers), start=NOTHING)
