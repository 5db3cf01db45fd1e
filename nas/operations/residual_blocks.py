"""Blocks of residual networks: two 3×3 convolutions, or a bottleneck of 1×1, grouped 3×3, 1×1; the stride is in the first 3×3.

He et al. 2016, arXiv 1512.03385; with groups Xie et al. 2017, arXiv 1611.05431; as in Radosavovic et al. 2020, arXiv
2003.13678. A shortcut is projected (1×1 convolution, batch norm) where width or sides change.
"""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.convolutions import activation, conv_bn, conv_bn_activation
from nas.operations.primitives.merging import Add
from nas.operations.squeeze_excite import squeeze_excite


def vanilla_block(draft: Draft, x: Value, width: int, stride: int) -> Value:
    """Twice 3×3 convolution, batch norm, ReLU; no shortcut."""
    return conv_bn_activation(draft, conv_bn_activation(draft, x, width, 3, stride), width, 3)


def basic_block(draft: Draft, x: Value, width: int, stride: int) -> Value:
    """shortcut + (3×3 convolution, BN, ReLU, 3×3 convolution, BN), then ReLU."""
    shortcut = _shortcut(draft, x, width, stride)
    residual = conv_bn(draft, conv_bn_activation(draft, x, width, 3, stride), width, 3)
    return activation(draft, draft.apply(Add(), shortcut, residual))


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


def _shortcut(draft: Draft, x: Value, width: int, stride: int) -> Value:
    if x.channels == width and stride == 1:
        return x
    with draft.group("shortcut", "Projection"):
        return conv_bn(draft, x, width, 1, stride)
