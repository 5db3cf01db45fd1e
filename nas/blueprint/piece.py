"""Operations priced once: what a chain from one tensor to one tensor costs, remembered by its settings and input shape.

Closed forms add such prices up; that is what makes them quick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.cost import peak_of
from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape

Operation = Callable[..., Value]
"""(draft, value, *settings) → value: writes its layers into the draft."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Price of an operation with one input, for one input shape.

    Attributes:
      shape: of the result.
      params, macs, bias_adds, activations, buffers: as in `Count`.
      peak: elements alive at its peak, input included, when nobody else reads the input.
      peak_beside: the same when the input must survive it.
      is_alias: the result is the input's own buffer (identity).
    """

    shape: Shape
    params: int
    macs: int
    bias_adds: int
    activations: int
    buffers: int
    peak: int
    peak_beside: int
    is_alias: bool


@lru_cache(maxsize=65_536)
def piece(operation: Operation, shape: Shape, *settings: Any) -> Piece:
    """The price of `operation(draft, value, *settings)` on an input of `shape`. `operation` is a module-level function."""
    drawn = drawn_piece(operation, shape, *settings)
    count = drawn.count
    return Piece(
        shape=drawn.shape_of(drawn.outputs[0]),
        params=count.params,
        macs=count.macs,
        bias_adds=count.bias_adds,
        activations=count.activations,
        buffers=count.buffers,
        peak=peak_of(drawn).elements,
        peak_beside=peak_of(drawn, keeps_inputs=True).elements,
        is_alias=all(layer.primitive.memory == "alias" for layer in drawn.layers),
    )


def drawn_piece(operation: Operation, shape: Shape, *settings: Any) -> Blueprint:
    """The operation by itself, as a blueprint of one input and one output."""
    draft = Draft(shape)
    return draft.finish(operation(draft, draft.inputs[0], *settings))
