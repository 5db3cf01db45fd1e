"""Pooling: each builder beside its cost. Shapes are (C, H, W)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.count import Count

if TYPE_CHECKING:
    from torch import nn


def avg_pool_3x3() -> nn.Module:
    """3×3 average, stride 1, the border's padding not counted in the average: keeps the shape."""
    from torch import nn

    return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)


def avg_pool_3x3_cost(shape: Shape) -> tuple[Shape, Count]:
    c, height, width = shape
    return shape, Count(activations=c * height * width)


def avg_pool_2x2() -> nn.Module:
    """2×2 average, stride 2. An odd side rounds up, as a stride-2 convolution with "same" padding does."""
    from torch import nn

    return nn.AvgPool2d(2, stride=2, ceil_mode=True)


def avg_pool_2x2_cost(shape: Shape) -> tuple[Shape, Count]:
    c, height, width = shape
    out = (c, (height + 1) // 2, (width + 1) // 2)
    return out, Count(activations=out[0] * out[1] * out[2])
