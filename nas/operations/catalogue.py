"""The operations a cell may choose from, by name: how a page names them and how they are written into a blueprint.

Adding an operation = a function in the file of its family, one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nas.blueprint.draft import Draft, Value
from nas.operations.connections import zero
from nas.operations.convolutions import bottleneck_conv, conv_1xk_kx1, dilated_separable, relu_conv_bn, separable_twice
from nas.operations.pooling import max_pool_2x2, pool
from nas.operations.reductions import fitted, identity_or_factorized, identity_or_projection

Write = Callable[[Draft, Value, int, int], Value]
"""(draft, x, c_out, stride) → the result, (c_out, ceil(H / stride), ceil(W / stride))."""


@dataclass(frozen=True, slots=True)
class CellOperation:
    """One choice on an edge or a node of a cell.

    Attributes:
      name: as genotypes and benchmark tables write it.
      title: for legends and lists.
      symbol: short text for pictures.
      family: operations of one family share a colour ("conv3", "separable", "pool", "skip", "none").
      write: writes its layers into a draft; a module-level function, so that its price is remembered (`nas.blueprint.piece`).
    """

    name: str
    title: str
    symbol: str
    family: str
    write: Write


def _none(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return zero(draft, x, stride)


def _skip_connect(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return identity_or_factorized(draft, x, c_out, stride)


def _identity(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return identity_or_projection(draft, x, c_out, stride)


def _conv_1x1(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return relu_conv_bn(draft, x, c_out, 1, stride)


def _conv_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return relu_conv_bn(draft, x, c_out, 3, stride)


def _conv_1x3_3x1(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return conv_1xk_kx1(draft, x, c_out, 3, stride)


def _conv_1x7_7x1(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return conv_1xk_kx1(draft, x, c_out, 7, stride)


def _sep_conv_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return separable_twice(draft, x, c_out, 3, stride)


def _sep_conv_5x5(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return separable_twice(draft, x, c_out, 5, stride)


def _sep_conv_7x7(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return separable_twice(draft, x, c_out, 7, stride)


def _dil_conv_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return dilated_separable(draft, x, c_out, 3, stride)


def _dil_conv_5x5(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return dilated_separable(draft, x, c_out, 5, stride)


def _bottleneck_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return bottleneck_conv(draft, x, c_out, ((3, 3),), stride)


def _bottleneck_1x7_7x1(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return bottleneck_conv(draft, x, c_out, ((1, 7), (7, 1)), stride)


def _avg_pool_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return fitted(draft, pool(draft, x, "avg", 3, stride), c_out)


def _max_pool_2x2(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return fitted(draft, max_pool_2x2(draft, x, stride), c_out)


def _max_pool_3x3(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return fitted(draft, pool(draft, x, "max", 3, stride), c_out)


def _max_pool_5x5(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return fitted(draft, pool(draft, x, "max", 5, stride), c_out)


def _max_pool_7x7(draft: Draft, x: Value, c_out: int, stride: int) -> Value:
    return fitted(draft, pool(draft, x, "max", 7, stride), c_out)


_ALL = (
    CellOperation("none", "No connection", "none", "none", _none),
    CellOperation("skip_connect", "Skip connection", "skip", "skip", _skip_connect),
    CellOperation("nor_conv_1x1", "Convolution 1×1", "conv 1×1", "conv1", _conv_1x1),
    CellOperation("nor_conv_3x3", "Convolution 3×3", "conv 3×3", "conv3", _conv_3x3),
    CellOperation("avg_pool_3x3", "Average pool 3×3", "avg 3×3", "pool", _avg_pool_3x3),
    CellOperation("identity", "Identity", "identity", "skip", _identity),
    CellOperation("conv_1x1", "Convolution 1×1", "conv 1×1", "conv1", _conv_1x1),
    CellOperation("conv_3x3", "Convolution 3×3", "conv 3×3", "conv3", _conv_3x3),
    CellOperation("conv_1x3_3x1", "Convolutions 1×3 and 3×1", "1×3, 3×1", "conv3", _conv_1x3_3x1),
    CellOperation("conv_1x7_7x1", "Convolutions 1×7 and 7×1", "1×7, 7×1", "conv7", _conv_1x7_7x1),
    CellOperation("bottleneck_3x3", "Bottleneck 3×3", "neck 3×3", "conv3", _bottleneck_3x3),
    CellOperation("bottleneck_1x7_7x1", "Bottleneck 1×7 and 7×1", "neck 1×7, 7×1", "conv7", _bottleneck_1x7_7x1),
    CellOperation("sep_conv_3x3", "Separable convolution 3×3, twice", "sep 3×3", "separable", _sep_conv_3x3),
    CellOperation("sep_conv_5x5", "Separable convolution 5×5, twice", "sep 5×5", "separable", _sep_conv_5x5),
    CellOperation("sep_conv_7x7", "Separable convolution 7×7, twice", "sep 7×7", "separable", _sep_conv_7x7),
    CellOperation("dil_conv_3x3", "Dilated separable convolution 3×3", "dil 3×3", "dilated", _dil_conv_3x3),
    CellOperation("dil_conv_5x5", "Dilated separable convolution 5×5", "dil 5×5", "dilated", _dil_conv_5x5),
    CellOperation("max_pool_2x2", "Max pool 2×2", "max 2×2", "max_pool", _max_pool_2x2),
    CellOperation("max_pool_3x3", "Max pool 3×3", "max 3×3", "max_pool", _max_pool_3x3),
    CellOperation("max_pool_5x5", "Max pool 5×5", "max 5×5", "max_pool", _max_pool_5x5),
    CellOperation("max_pool_7x7", "Max pool 7×7", "max 7×7", "max_pool", _max_pool_7x7),
)

OPERATIONS: dict[str, CellOperation] = {operation.name: operation for operation in _ALL}
