"""A place of a network that is still open: several candidates that read alike and write alike, one of which will stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from nas.blueprint.blueprint import Blueprint, Layer
from nas.blueprint.draft import Draft, Value
from nas.blueprint.primitive import ModuleCall, Primitive
from nas.core.count import NOTHING, Count
from nas.core.graph import Shape
from nas.operations.primitives.normalisation import BatchNorm
from nas.operations.primitives.shaping import Zero

SEARCH_ONLY = "search_only"
"""The group of layers at the end of a candidate that an architecture which chose it does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One candidate: a blueprint of one input and one output, and which of the choice's inputs it reads."""

    blueprint: Blueprint
    reads: int = 0

    @property
    def as_chosen(self) -> Blueprint:
        """What stands in an architecture that chose it."""
        layers, output = self.blueprint.layers, self.blueprint.outputs[0]
        while layers and layers[-1].path[0] == SEARCH_ONLY:
            layers, output = layers[:-1], layers[-1].reads[0]
        return replace(self.blueprint, layers=layers, outputs=(output,))

    @property
    def is_zero(self) -> bool:
        """Whether it gives zeros whatever it reads: no connection."""
        return len(self.blueprint.layers) == 1 and isinstance(self.blueprint.layers[0].primitive, Zero)


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Primitive):
    """All candidates side by side. `row` is the number of the choice in `Shareable.rows`; places of one row choose alike."""

    row: int
    options: tuple[Option, ...]

    name: ClassVar[str] = "choice"

    @property
    def label(self) -> str:
        return f"One of {len(self.options)}"

    def shape(self, *inputs: Shape) -> Shape:
        shapes = {option.blueprint.shape_of(option.blueprint.outputs[0]) for option in self.options}
        if len(shapes) != 1:
            raise ValueError(f"the candidates of one place write different shapes: {sorted(shapes)}")
        for option in self.options:
            if option.blueprint.inputs != (inputs[option.reads],):
                raise ValueError(f"a candidate reads {option.blueprint.inputs}, there is {inputs[option.reads]}")
        return shapes.pop()

    def count(self, inputs: Sequence[Shape], output: Shape) -> Count:
        """Of all candidates together: what a mixture of them costs."""
        return sum((option.blueprint.count for option in self.options), start=NOTHING)

    def call(self, inputs: Sequence[Shape]) -> ModuleCall:
        raise TypeError("an open place is built by a supernet only; choose one of its candidates first")


Candidate = Callable[[Draft, Value], Value]
"""Writes one candidate behind a value."""


def choose(
    draft: Draft, row: int, candidates: Sequence[Candidate | tuple[int, Candidate]], *reads: Value, scales: bool = True
) -> Value:
    """Add an open place to the draft. A candidate reads the first of `reads`, or in a pair the one of that number.

    Args:
      scales: False leaves batch norm inside the candidates without trained scale and shift, as searches by gradient do:
        else a mixture's weights could be undone by scales (Liu et al. 2019, arXiv 1806.09055, appendix A.1.1).
    """
    options = []
    for candidate in candidates:
        number, write = candidate if isinstance(candidate, tuple) else (0, candidate)
        inner = Draft(reads[number].shape)
        written = inner.finish(write(inner, inner.inputs[0]))
        options.append(Option(written if scales else without_scales(written), number))
    return draft.apply(Choice(row, tuple(options)), *reads)


def without_scales(blueprint: Blueprint) -> Blueprint:
    """The same with batch norms that have no trained scale and shift."""
    return replace(blueprint, layers=tuple(map(_without_scale, blueprint.layers)))


def _without_scale(layer: Layer) -> Layer:
    if not isinstance(layer.primitive, BatchNorm):
        return layer
    bare = replace(layer.primitive, affine=False)
    return replace(layer, primitive=bare, count=bare.count(layer.inputs, layer.shape))
