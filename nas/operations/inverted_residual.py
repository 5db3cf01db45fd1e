"""Inverted residual blocks, "MBConv" (Sandler et al. 2018, arXiv 1801.04381): how they are written, what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.price import Price
from nas.operations.primitives.activation import Activation, Function
from nas.operations.primitives.convolution import Conv
from nas.operations.primitives.dropping import DropPath
from nas.operations.primitives.fitting import Resize
from nas.operations.primitives.merging import Add
from nas.operations.primitives.normalisation import BatchNorm
from nas.operations.squeeze_excite import squeeze_excite

_NORM = BatchNorm(eps=1e-3)


@dataclass(frozen=True, slots=True)
class Style:
    """What the blocks of a network have in common.

    Attributes:
      function: after the expansion and after the depthwise convolution.
      squeeze_function, gate: inside squeeze-and-excitation.
    """

    function: Function = "relu6"
    squeeze_function: Function = "relu"
    gate: Function = "sigmoid"
    norm: BatchNorm = _NORM


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """One block.

    Attributes:
      expanded: channels of the depthwise convolution; where the input has as many, there is no expansion before it.
      squeezed: channels inside squeeze-and-excitation, 0 for none.
      has_shortcut: the input is added where the shapes allow.
    """

    c_out: int
    kernel: int
    stride: int
    expanded: int
    squeezed: int
    style: Style
    has_shortcut: bool = True


def rounded_width(channels: float) -> int:
    """Nearest multiple of 8, at least 8, never below 90 % of `channels`: the rule of all mobile networks."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def conv_norm(
    draft: Draft,
    x: Value,
    c_out: int,
    kernel: int,
    style: Style,
    *,
    stride: int = 1,
    groups: int = 1,
    function: Function | None = None,
    prefix: str = "",
) -> Value:
    """Convolution with "same" padding, batch norm, `function` if any. `prefix`: of the names of the layers ("expand_")."""
    primitive = Conv(c_out, (kernel, kernel), (stride, stride), (kernel // 2, kernel // 2), groups=groups)
    x = draft.apply(primitive, x, name=f"{prefix}conv")
    x = draft.apply(style.norm, x, name=f"{prefix}bn")
    return draft.apply(Activation(function), x, name=f"{prefix}{function}") if function else x


def bottleneck_path(draft: Draft, x: Value, block: Bottleneck) -> Value:
    """1×1 that expands, depthwise, squeeze-and-excitation if any, 1×1 to `c_out` without a function after it."""
    style, width = block.style, block.expanded
    if width != x.channels:
        x = conv_norm(draft, x, width, 1, style, function=style.function, prefix="expand_")
    x = conv_norm(
        draft,
        x,
        width,
        block.kernel,
        style,
        stride=block.stride,
        groups=width,
        function=style.function,
        prefix="depthwise_",
    )
    if block.squeezed:
        x = squeeze_excite(draft, x, block.squeezed, function=style.squeeze_function, gate=style.gate)
    return conv_norm(draft, x, block.c_out, 1, style, prefix="project_")


def inverted_residual(draft: Draft, x: Value, block: Bottleneck, drop_path: float = 0.0) -> Value:
    """`bottleneck_path`, with its input added where the shapes allow.

    `drop_path`: probability to lose the path in training.
    """
    path = bottleneck_path(draft, x, block)
    if not adds_input(block, x.channels):
        return path
    if drop_path:
        path = draft.apply(DropPath(drop_path), path)
    return draft.apply(Add(), path, x)


def adds_input(block: Bottleneck, c_in: int) -> bool:
    return block.has_shortcut and block.stride == 1 and block.c_out == c_in


def bottleneck_price(shape: Shape, block: Bottleneck, *, keeps_input: bool) -> Price:
    """What `bottleneck_path` costs on an input of `shape`; `keeps_input`: something behind the path still reads the input."""
    c_in, height, breadth = shape
    before, after = height * breadth, -(-height // block.stride) * -(-breadth // block.stride)
    wide, squeezed, c_out = block.expanded, block.squeezed, block.c_out
    read, narrow, out = c_in * before, wide * after, c_out * after
    kept = read if keeps_input else 0
    window = block.kernel * block.kernel * wide
    project = wide * c_out
    weights, norms = window + project, wide + c_out
    macs, activations = weights * after, narrow + out
    if wide == c_in:
        peak = read + narrow
    else:
        weights += c_in * wide
        norms += wide
        macs += c_in * wide * before
        activations += wide * before
        peak = max(read + wide * before, kept + wide * before + narrow)
    gate = biases = 0
    if squeezed:
        biases = squeezed + wide
        gate = 2 * wide * squeezed + biases
        peak = max(peak, kept + narrow + biases)
    return Price(
        params=weights + gate + 2 * norms,
        macs=macs + gate,
        bias_adds=biases,
        activations=activations + biases,
        buffers=2 * norms,
        peak=max(peak, kept + narrow + out),
    )


def inverted_residual_price(shape: Shape, block: Bottleneck) -> Price:
    """What `inverted_residual` costs: adding the input takes the place of the path."""
    return bottleneck_price(shape, block, keeps_input=adds_input(block, shape[0]))


def resize(draft: Draft, x: Value, side: int) -> Value:
    """To a square of `side` pixels."""
    return draft.apply(Resize((side, side)), x)


def mbconv_name(kernel: int, expansion: int) -> str:
    """How genotypes, drawings and latency tables name a block: "mbconv_k5_e6"."""
    return f"mbconv_k{kernel}_e{expansion}"


def mbconv_label(kernel: int, expansion: int, has_squeeze: bool = False) -> str:
    """For people: "MB6 5×5 SE"."""
    return f"MB{expansion} {kernel}×{kernel}{' SE' if has_squeeze else ''}"
