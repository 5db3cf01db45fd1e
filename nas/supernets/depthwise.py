"""Depthwise convolution with a backward pass that costs what the forward pass does, on CPUs.

oneDNN has fast kernels for depthwise convolutions forward, and backward for 3×3 without dilation; for larger or dilated kernels
its backward pass is a plain loop, five to fifteen times slower. Here it is written with the fast kernels alone:

* the gradient of the input is a forward convolution of the outgoing gradient with the mirrored kernel;
* with dilation 2 the map falls apart into four maps of every other place, on each of which the convolution has no dilation;
* the gradient of a k×k kernel is put together from those of 3×3 windows of it, each that of a shifted map.

All are the same sums in another order. Maps are taken in channels-last order, in which those kernels are fastest.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_WINDOW = 3  # side of the kernel whose gradient is fast
_SMALL = 2**16  # elements below which calling four kernels costs more than it saves


def is_supported(x: Tensor, weight: Tensor, *, stride: int, padding: int, dilation: int, groups: int) -> bool:
    """Whether `depthwise_conv` computes this convolution: depthwise, stride 1, output as large as the input, on a CPU."""
    side = weight.shape[-1]
    return (
        x.device.type == "cpu"
        and x.dtype is torch.float32
        and weight.shape[1:] == (1, side, side)
        and groups == weight.shape[0] == x.shape[1]
        and stride == 1
        and side % 2 == 1
        and side >= _WINDOW
        and dilation in {1, 2}
        and padding == dilation * (side // 2)
    )


def depthwise_conv(x: Tensor, weight: Tensor, dilation: int = 1) -> Tensor:
    """(N, C, H, W), (C, 1, k, k) → (N, C, H, W), differentiable once. For what `is_supported` says."""
    made: Tensor = _Depthwise.apply(x, weight, dilation)  # type: ignore[no-untyped-call]  # torch's own annotations end here
    return made


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dilation: int) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x, weight)
        ctx.dilation = dilation
        return _conv(x, weight, dilation)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        of_x = _conv(gradient, weight.flip(2, 3), ctx.dilation) if ctx.needs_input_grad[0] else None
        of_weight = _weight_gradient(x, gradient, weight, ctx.dilation) if ctx.needs_input_grad[1] else None
        return of_x, of_weight, None


def _conv(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    padding = dilation * (weight.shape[-1] // 2)
    return functional.conv2d(x, weight, padding=padding, dilation=dilation, groups=weight.shape[0])


def _weight_gradient(x: Tensor, gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
    side = weight.shape[-1]
    if dilation > 1:
        x, gradient = _phases(x), _phases(gradient)
    if side == _WINDOW or x.numel() < _SMALL:
        return _plain_weight_gradient(x, gradient, weight, side // 2)
    margin = side // 2
    height, width = x.shape[2] + _WINDOW - 1, x.shape[3] + _WINDOW - 1
    padded = functional.pad(x, (margin, margin, margin, margin))
    whole = torch.empty_like(weight)
    starts = sorted({*range(0, side - _WINDOW, _WINDOW), side - _WINDOW})  # windows may overlap and agree there
    for top in starts:
        for left in starts:
            part = whole[:, :, top : top + _WINDOW, left : left + _WINDOW]
            shifted = padded[:, :, top : top + height, left : left + width]
            shifted = shifted.contiguous(memory_format=torch.channels_last)
            part.copy_(_plain_weight_gradient(shifted, gradient, part, 0))
    return whole


def _plain_weight_gradient(x: Tensor, gradient: Tensor, weight: Tensor, padding: int) -> Tensor:
    """Of a convolution without dilation; of `weight` only the shape matters."""
    _, found, _ = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [1, 1], [padding] * 2, [1, 1], False, [0, 0], weight.shape[0], [False, True, False]
    )
    made: Tensor = found
    return made


def _phases(x: Tensor) -> Tensor:
    """(N, C, H, W) → (4·N, C, ⌈H/2⌉, ⌈W/2⌉): even and odd rows and columns apart, odd sides filled up with zeros."""
    if x.shape[2] % 2 or x.shape[3] % 2:
        x = functional.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
    n, channels, height, width = x.shape
    split = x.permute(0, 2, 3, 1).reshape(n, height // 2, 2, width // 2, 2, channels)
    apart = split.permute(2, 4, 0, 1, 3, 5).reshape(4 * n, height // 2, width // 2, channels)
    return apart.permute(0, 3, 1, 2)
