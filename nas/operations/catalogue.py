"""The operations an architecture may choose from, by name: how a page names them, how to build them, what they cost.

Adding an operation = its builder and cost in the file of its family, one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.connections import none, none_cost, skip_connect, skip_connect_cost
from nas.operations.convolutions import relu_conv_bn, relu_conv_bn_cost
from nas.operations.count import Count
from nas.operations.pooling import avg_pool_3x3, avg_pool_3x3_cost

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Operation:
    """One choice on an edge or a node; keeps the shape (C, H, W).

    Attributes:
      name: as genotypes and benchmark tables write it.
      title: for legends and lists.
      symbol: short text for pictures.
      family: operations of one family share a colour ("conv3", "conv1", "pool", "skip", "none").
      build: channels → torch module.
      cost: (C, H, W) → (shape of the output, what it adds).
    """

    name: str
    title: str
    symbol: str
    family: str
    build: Callable[[int], nn.Module]
    cost: Callable[[Shape], tuple[Shape, Count]]


def _nor_conv(kernel: int) -> tuple[Callable[[int], nn.Module], Callable[[Shape], tuple[Shape, Count]]]:
    return (
        lambda channels: relu_conv_bn(channels, channels, kernel=kernel),
        lambda shape: relu_conv_bn_cost(shape, shape[0], kernel=kernel),
    )


_ALL = (
    Operation("none", "No connection", "none", "none", lambda _: none(), none_cost),
    Operation("skip_connect", "Skip connection", "skip", "skip", lambda _: skip_connect(), skip_connect_cost),
    Operation("nor_conv_1x1", "Convolution 1×1", "conv 1×1", "conv1", *_nor_conv(1)),
    Operation("nor_conv_3x3", "Convolution 3×3", "conv 3×3", "conv3", *_nor_conv(3)),
    Operation("avg_pool_3x3", "Average pool 3×3", "pool 3×3", "pool", lambda _: avg_pool_3x3(), avg_pool_3x3_cost),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _ALL}
