"""The operations a cell may choose from, by name: how a page names them and how they are written into a blueprint.

Adding an operation = a function in the file of its family, one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas.blueprint.draft import Draft, Value
from nas.operations.connections import identity, zero
from nas.operations.convolutions import relu_conv_bn
from nas.operations.pooling import pool

Write = Callable[[Draft, Value, int, int], Value]
"""(draft, x, c_out, stride) → the result, (c_out, ceil(H / stride), ceil(W / stride))."""


@dataclass(frozen=True, slots=True)
class CellOperation:
    """One choice on an edge or a node of a cell.

    Attributes:
      name: as genotypes and benchmark tables write it.
      title: for legends and lists.
      symbol: short text for pictures.
      family: operations of one family share a colour ("conv3", "conv1", "pool", "skip", "none").
      write: writes its layers into a draft; a module-level function, so that its price is remembered (`nas.blueprint.piece`).
    """

    name: str
    title: str
    symbol: str
    family: str
    write: Write


def _none(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return zero(draft, x)


def _skip_connect(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return identity(draft, x)


def _nor_conv_1x1(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return relu_conv_bn(draft, x, c_out, 1, stride)


def _nor_conv_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return relu_conv_bn(draft, x, c_out, 3, stride)


def _avg_pool_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return pool(draft, x, "avg", 3, stride)


_ALL = (
    CellOperation("none", "No connection", "none", "none", _none),
    CellOperation("skip_connect", "Skip connection", "skip", "skip", _skip_connect),
    CellOperation("nor_conv_1x1", "Convolution 1×1", "conv 1×1", "conv1", _nor_conv_1x1),
    CellOperation("nor_conv_3x3", "Convolution 3×3", "conv 3×3", "conv3", _nor_conv_3x3),
    CellOperation("avg_pool_3x3", "Average pool 3×3", "pool 3×3", "pool", _avg_pool_3x3),
)

OPERATIONS: dict[str, CellOperation] = {operation.name: operation for operation in _ALL}
