"""Blocks of residual networks and what they cost: two 3×3 convolutions, or a bottleneck of 1×1, grouped 3×3, 1×1.

The stride is in the first 3×3. He et al. 2016, arXiv 1512.03385; with groups Xie et al. 2017, arXiv 1611.05431; as in
Radosavovic et al. 2020, arXiv 2003.13678. A shortcut is projected (1×1 convolution, batch norm) where width or sides change.
Widths are drawn so freely that remembered prices would seldom be met again; prices are written out as formulas instead.
"""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.convolutions import activation, conv_bn, conv_bn_activation
from nas.operations.price import Price
from nas.operations.primitives.merging import Add
from nas.operations.squeeze_excite import squeeze_excite


def vanilla_block(draft: Draft, x: Value, width: int, stride: int) -> Value:
    """Twice 3×3 convolution, batch norm, ReLU; no shortcut."""
    return conv_bn_activation(draft, conv_bn_activation(draft, x, width, 3, stride), width, 3)


def vanilla_block_price(shape: Shape, width: int, stride: int) -> Price:
    before, after = _places(shape, stride)
    weights, out = 9 * (shape[0] + width) * width, width * after
    peak = max(shape[0] * before, out) + out
    return Price(weights + 4 * width, weights * after, 0, 2 * out, 4 * width, peak)


def basic_block(draft: Draft, x: Value, width: int, stride: int) -> Value:
    """shortcut + (3×3 convolution, BN, ReLU, 3×3 convolution, BN), then ReLU."""
    shortcut = _shortcut(draft, x, width, stride)
    residual = conv_bn(draft, conv_bn_activation(draft, x, width, 3, stride), width, 3)
    return activation(draft, draft.apply(Add(), shortcut, residual))


def basic_block_price(shape: Shape, width: int, stride: int) -> Price:
    c_in, (before, after) = shape[0], _places(shape, stride)
    weights, out = 9 * (c_in + width) * width, width * after
    norms, activations = 2 * width, 2 * out
    if _projects(c_in, width, stride):
        weights += c_in * width
        norms += width
        activations += out
    peak = max(c_in * before + 2 * out, 3 * out)  # without projection the input is the shortcut: both are 3 · out
    return Price(weights + 2 * norms, weights * after, 0, activations, 2 * norms, peak)


def bottleneck_block(
    draft: Draft, x: Value, width: int, stride: int, *, inner: int, groups: int, squeezed: int = 0
) -> Value:
    """shortcut + (1×1 to `inner`, BN, ReLU, grouped 3×3, BN, ReLU, [squeeze-and-excitation], 1×1 to `width`, BN), then ReLU.

    Args:
      squeezed: channels inside the squeeze-and-excitation; 0 for none.
    """
    shortcut = _shortcut(draft, x, width, stride)
    residual = conv_bn_activation(draft, x, inner, 1)
    residual = conv_bn_activation(draft, residual, inner, 3, stride, groups=groups)
    if squeezed:
        residual = squeeze_excite(draft, residual, squeezed)
    residual = conv_bn(draft, residual, width, 1)
    return activation(draft, draft.apply(Add(), shortcut, residual))


def bottleneck_block_price(
    shape: Shape, width: int, stride: int, *, inner: int, groups: int, squeezed: int = 0
) -> Price:
    c_in, (before, after) = shape[0], _places(shape, stride)
    enter, weights = c_in * inner, (9 * (inner // groups) + width) * inner
    norms = 2 * inner + width
    read, wide, narrow, out = c_in * before, inner * before, inner * after, width * after
    activations = wide + narrow + out
    if _projects(c_in, width, stride):
        weights += c_in * width
        norms += width
        activations += out
        kept, peak = out, read + out + wide  # the projection is there before the first convolution reads the input
    else:
        kept, peak = read, read + wide
    peak = max(peak, kept + wide + narrow, kept + narrow + out)
    gate = biases = 0
    if squeezed:
        biases = squeezed + inner
        gate = 2 * inner * squeezed + biases
        peak = max(peak, kept + narrow + biases)
    return Price(
        params=enter + weights + gate + 2 * norms,
        macs=enter * before + weights * after + gate,
        bias_adds=biases,
        activations=activations + biases,
        buffers=2 * norms,
        peak=peak,
    )


def _shortcut(draft: Draft, x: Value, width: int, stride: int) -> Value:
    if not _projects(x.channels, width, stride):
        return x
    with draft.group("shortcut", "Projection"):
        return conv_bn(draft, x, width, 1, stride)


def _projects(c_in: int, width: int, stride: int) -> bool:
    return c_in != width or stride != 1


def _places(shape: Shape, stride: int) -> tuple[int, int]:
    """Of the map before and after the stride."""
    _, height, breadth = shape
    return height * breadth, -(-height // stride) * -(-breadth // stride)
