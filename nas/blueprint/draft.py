"""Writing a blueprint: operations call `apply`, one layer after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nas.blueprint.blueprint import AUXILIARY, Blueprint, Layer, LayerGroup, Path
from nas.blueprint.primitive import Primitive
from nas.core.graph import Shape


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor between layers: its number in the blueprint and its shape without batch axis, (C, H, W) or (C,)."""

    number: int
    shape: Shape

    @property
    def channels(self) -> int:
        return self.shape[0]


class Draft:
    """A blueprint in the making."""

    def __init__(self, *inputs: Shape) -> None:
        self.inputs = tuple(Value(i, tuple(shape)) for i, shape in enumerate(inputs))
        self._layers: list[Layer] = []
        self._groups: dict[Path, LayerGroup] = {}
        self._path: Path = ()
        self._taken: set[Path] = set()

    @contextmanager
    def group(self, name: str, label: str = "") -> Iterator[None]:
        """Layers applied inside belong to the group `name`, inside the present one. Opening it again goes on with it.

        Raises ValueError when a layer has that name: both would be the same module.
        """
        outer = self._path
        if (*outer, name) in self._taken:
            raise ValueError(f"{'.'.join((*outer, name))} is a layer already, it cannot be a group")
        self._path = (*outer, name)
        self._groups.setdefault(self._path, LayerGroup(self._path, label or name))
        try:
            yield
        finally:
            self._path = outer

    def apply(self, primitive: Primitive, *reads: Value, name: str = "") -> Value:
        """Add a layer. `name` is its name within the group; by default the primitive's, numbered from the second on.

        Raises ValueError when the shapes do not fit.
        """
        inputs = tuple(value.shape for value in reads)
        shape = primitive.shape(*inputs)
        layer = Layer(
            path=self._free_path(name or primitive.name),
            primitive=primitive,
            reads=tuple(value.number for value in reads),
            inputs=inputs,
            shape=shape,
            count=primitive.count(inputs, shape),
        )
        self._layers.append(layer)
        return Value(len(self.inputs) + len(self._layers) - 1, shape)

    @contextmanager
    def auxiliary(self) -> Iterator[None]:
        """Layers applied inside belong to the auxiliary head; to be opened outside all groups."""
        if self._path:
            raise ValueError("the auxiliary head is a group of its own, at the top")
        with self.group(AUXILIARY[0], "Auxiliary head (training only)"):
            yield

    def finish(self, *outputs: Value, auxiliary: Value | None = None) -> Blueprint:
        """The blueprint; groups in which no layer was applied are left out."""
        filled = {layer.path[:depth] for layer in self._layers for depth in range(1, len(layer.path))}
        return Blueprint(
            inputs=tuple(value.shape for value in self.inputs),
            layers=tuple(self._layers),
            outputs=tuple(value.number for value in outputs),
            groups=tuple(group for path, group in self._groups.items() if path in filled),
            auxiliary=None if auxiliary is None else auxiliary.number,
        )

    def _free_path(self, name: str) -> Path:
        path, number = (*self._path, name), 1
        while path in self._taken or path in self._groups:
            number += 1
            path = (*self._path, f"{name}{number}")
        self._taken.add(path)
        return path
