"""Convolutions with batch normalisation: each builder beside its cost. Shapes are (C, H, W); no bias before a norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.core.graph import Shape
from nas.operations.count import Count

if TYPE_CHECKING:
    from torch import nn


def conv_bn(c_in: int, c_out: int, *, kernel: int, stride: int = 1) -> nn.Module:
    """Convolution, batch norm. "Same" padding: the output side is ceil(side / stride) for odd kernels."""
    from torch import nn

    conv = nn.Conv2d(c_in, c_out, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out))


def conv_bn_cost(shape: Shape, c_out: int, *, kernel: int, stride: int = 1) -> tuple[Shape, Count]:
    out, count = conv_cost(shape, c_out, kernel=kernel, stride=stride)
    return out, count + batch_norm_cost(out)


def relu_conv_bn(c_in: int, c_out: int, *, kernel: int, stride: int = 1) -> nn.Module:
    """ReLU, convolution, batch norm: the convolution of NAS-Bench-201. The ReLU leaves its input untouched (others read it)."""
    from torch import nn

    return nn.Sequential(nn.ReLU(), *conv_bn(c_in, c_out, kernel=kernel, stride=stride).children())


def relu_conv_bn_cost(shape: Shape, c_out: int, *, kernel: int, stride: int = 1) -> tuple[Shape, Count]:
    return conv_bn_cost(shape, c_out, kernel=kernel, stride=stride)


def conv_cost(shape: Shape, c_out: int, *, kernel: int, stride: int = 1) -> tuple[Shape, Count]:
    """A "same" padded convolution without bias."""
    c_in, height, width = shape
    padding = kernel // 2
    out_height = (height + 2 * padding - kernel) // stride + 1
    out_width = (width + 2 * padding - kernel) // stride + 1
    weights = kernel * kernel * c_in * c_out
    places = out_height * out_width
    out = (c_out, out_height, out_width)
    return out, Count(params=weights, macs=weights * places, activations=c_out * places)


def batch_norm_cost(shape: Shape) -> Count:
    """Scale and shift are trained; running mean and variance are stored. Folded at inference, hence no MACs."""
    return Count(params=2 * shape[0], buffers=2 * shape[0])
