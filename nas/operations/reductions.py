"""Blocks that halve the sides. An odd side rounds up."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.connections import identity
from nas.operations.convolutions import activation, batch_norm, conv, conv_bn, relu_conv_bn
from nas.operations.pooling import avg_pool_2x2
from nas.operations.primitives.merging import Add, Concat
from nas.operations.primitives.shaping import Shift


def residual_reduction(draft: Draft, x: Value, c_out: int) -> Value:
    """The residual block of NAS-Bench-201 with stride 2 (He et al. 2016, with an average pool on the shortcut).

    (ReLU, 3×3 convolution with stride 2, BN, ReLU, 3×3 convolution, BN) + (2×2 average pool, 1×1 convolution).
    """
    residual = relu_conv_bn(draft, relu_conv_bn(draft, x, c_out, 3, 2), c_out, 3)
    shortcut = conv(draft, avg_pool_2x2(draft, x), c_out, 1)
    return draft.apply(Add(), residual, shortcut)


def factorized_reduction(draft: Draft, x: Value, c_out: int, *, relu: bool = True) -> Value:
    """Two 1×1 convolutions that look at every other pixel, the second from the next one on; joined, batch norm.

    Zoph et al. 2018, arXiv 1707.07012, reference code. C·c_out + 2·c_out parameters; an odd `c_out` gives its last channel
    to the second path.
    """
    if relu:
        x = activation(draft, x)
    first = conv(draft, x, c_out // 2, 1, 2)
    second = conv(draft, draft.apply(Shift(), x), c_out - c_out // 2, 1, 2)
    return batch_norm(draft, draft.apply(Concat(), first, second))


def identity_or_projection(draft: Draft, x: Value, c_out: int, stride: int = 1) -> Value:
    """The input itself where it fits; else ReLU, 1×1 convolution with the stride, BN: the identity of NASNet's cells."""
    if stride == 1 and x.channels == c_out:
        return identity(draft, x)
    return relu_conv_bn(draft, x, c_out, 1, stride)


def identity_or_factorized(draft: Draft, x: Value, c_out: int, stride: int = 1, *, relu: bool = True) -> Value:
    """The input itself; with stride 2 a factorized reduction: the skip connection of DARTS, without ReLU that of ENAS."""
    return identity(draft, x) if stride == 1 else factorized_reduction(draft, x, c_out, relu=relu)


def fitted(draft: Draft, x: Value, c_out: int, stride: int = 1) -> Value:
    """A map brought to the width and size of others it is joined with, no ReLU before; itself where it fits already."""
    if stride > 1:
        return factorized_reduction(draft, x, c_out, relu=False)
    return x if x.channels == c_out else conv_bn(draft, x, c_out, 1)
