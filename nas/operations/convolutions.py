"""Convolutions and what usually surrounds them. "Same" padding: the output side is ceil(side / stride); kernels are odd."""

from __future__ import annotations

from nas.blueprint.draft import Draft, Value
from nas.operations.primitives.activation import Activation, Function
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.normalisation import BatchNorm
from nas.operations.primitives.shaping import ZeroPad
from nas.operations.primitives.window import Pair


def conv(
    draft: Draft,
    x: Value,
    c_out: int,
    kernel: int | Pair,
    stride: int | Pair = 1,
    *,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
) -> Value:
    """(C, H, W) → (c_out, ceil(H / stride), ceil(W / stride))."""
    high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
    return draft.apply(
        Conv(
            c_out,
            (high, wide),
            stride=(stride, stride) if isinstance(stride, int) else stride,
            padding=(dilation * (high // 2), dilation * (wide // 2)),
            dilation=(dilation, dilation),
            groups=groups,
            bias=bias,
        ),
        x,
    )


def same_padding(side: int, kernel: int, stride: int) -> Pair:
    """Zeros before and after an axis so that its output has ceil(side / stride) places; an odd one goes after."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


def same_conv(draft: Draft, x: Value, c_out: int, kernel: Pair, stride: Pair) -> Value:
    """TensorFlow's "SAME" convolution for kernels and strides of any size: (c_out, ceil(H / s), ceil(W / s)), no bias."""
    top, bottom = same_padding(x.shape[1], kernel[0], stride[0])
    left, right = same_padding(x.shape[2], kernel[1], stride[1])
    if (top, left) == (bottom, right):
        return draft.apply(Conv(c_out, kernel, stride, padding=(top, left)), x)
    return draft.apply(Conv(c_out, kernel, stride), draft.apply(ZeroPad(top, bottom, left, right), x))


def depthwise(draft: Draft, x: Value, kernel: int, stride: int = 1, *, dilation: int = 1) -> Value:
    """One filter per channel."""
    return conv(draft, x, x.channels, kernel, stride, dilation=dilation, groups=x.channels)


def batch_norm(draft: Draft, x: Value) -> Value:
    return draft.apply(BatchNorm(), x)


def activation(draft: Draft, x: Value, function: Function = "relu") -> Value:
    return draft.apply(Activation(function), x, name=function)


def conv_bn(draft: Draft, x: Value, c_out: int, kernel: int | Pair, stride: int = 1, *, groups: int = 1) -> Value:
    """Convolution, batch norm."""
    return batch_norm(draft, conv(draft, x, c_out, kernel, stride, groups=groups))


def relu_conv_bn(draft: Draft, x: Value, c_out: int, kernel: int | Pair, stride: int = 1) -> Value:
    """ReLU, convolution, batch norm: the order of cell-based spaces."""
    return conv_bn(draft, activation(draft, x), c_out, kernel, stride)


def conv_bn_activation(
    draft: Draft,
    x: Value,
    c_out: int,
    kernel: int | Pair,
    stride: int = 1,
    *,
    groups: int = 1,
    function: Function = "relu",
) -> Value:
    """Convolution, batch norm, activation: the order of residual and mobile networks."""
    return activation(draft, conv_bn(draft, x, c_out, kernel, stride, groups=groups), function)


def relu_separable_bn(draft: Draft, x: Value, c_out: int, kernel: int, stride: int = 1, *, dilation: int = 1) -> Value:
    """ReLU, depthwise, 1×1, batch norm; nothing between depthwise and 1×1 (Zoph et al. 2018, appendix A.4)."""
    x = depthwise(draft, activation(draft, x), kernel, stride, dilation=dilation)
    return conv_bn(draft, x, c_out, 1)


def separable_twice(draft: Draft, x: Value, c_out: int, kernel: int, stride: int = 1) -> Value:
    """The separable convolution of cell-based spaces: applied twice, the stride in the first.

    The first goes to `c_out` at once (NASNet, slim code); DARTS keeps the input's channels there, which is the same where its
    cells use it, c_in = c_out.
    """
    return relu_separable_bn(draft, relu_separable_bn(draft, x, c_out, kernel, stride), c_out, kernel)


def dilated_separable(draft: Draft, x: Value, c_out: int, kernel: int, stride: int = 1) -> Value:
    """ReLU, depthwise with dilation 2, 1×1, batch norm; once."""
    return relu_separable_bn(draft, x, c_out, kernel, stride, dilation=2)


def conv_1xk_kx1(draft: Draft, x: Value, c_out: int, kernel: int, stride: int = 1) -> Value:
    """ReLU, 1×k, k×1, batch norm: each strides along its own axis."""
    x = conv(draft, activation(draft, x), c_out, (1, kernel), (1, stride))
    return batch_norm(draft, conv(draft, x, c_out, (kernel, 1), (stride, 1)))


def bottleneck_conv(draft: Draft, x: Value, c_out: int, kernels: tuple[Pair, ...], stride: int = 1) -> Value:
    """ReLU and 1×1 to a quarter of `c_out`, the `kernels` there, 1×1 to `c_out`; BN after each, ReLU before each.

    Each kernel strides along the axes it covers. The spatial convolutions of AmoebaNet's published code
    (Real et al. 2019, arXiv 1802.01548).
    """
    narrow = max(1, c_out // 4)
    x = relu_conv_bn(draft, x, narrow, 1)
    for kernel in kernels:
        strides = (stride if kernel[0] > 1 else 1, stride if kernel[1] > 1 else 1)
        x = batch_norm(draft, conv(draft, activation(draft, x), narrow, kernel, strides))
    return relu_conv_bn(draft, x, c_out, 1)
