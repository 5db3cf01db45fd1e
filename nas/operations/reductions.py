"""Blocks that halve the sides: builder beside cost. Shapes are (C, H, W)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.convolutions import conv_cost, relu_conv_bn_cost
from nas.operations.count import Count
from nas.operations.pooling import avg_pool_2x2_cost

if TYPE_CHECKING:
    from torch import nn


def residual_reduction(c_in: int, c_out: int) -> nn.Module:
    """The residual block of NAS-Bench-201 with stride 2 (He et al. 2016, with an average pool on the shortcut).

    (ReLU, 3×3 convolution with stride 2, BN, ReLU, 3×3 convolution, BN) + (2×2 average pool, 1×1 convolution).
    """
    from nas.modules.residual_reduction import ResidualReduction

    return ResidualReduction(c_in, c_out)


def residual_reduction_cost(shape: Shape, c_out: int) -> tuple[Shape, Count]:
    half, first = relu_conv_bn_cost(shape, c_out, kernel=3, stride=2)
    out, second = relu_conv_bn_cost(half, c_out, kernel=3)
    pooled, pool = avg_pool_2x2_cost(shape)
    _, shortcut = conv_cost(pooled, c_out, kernel=1)
    return out, first + second + pool + shortcut
