"""The layers a block of MnasNet repeats (Tan et al. 2019, arXiv 1807.11626, section 4.1): how they are written, what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.inverted_residual import Bottleneck, Style, bottleneck_path, bottleneck_price, conv_norm
from nas.operations.pooling import pool
from nas.operations.price import Price
from nas.operations.primitives.fitting import FitChannels
from nas.operations.primitives.merging import Add
from nas.operations.squeeze_excite import squeeze_excite

Operation = Literal["conv", "sep_conv", "mbconv3", "mbconv6"]
Skip = Literal["pool", "identity", "none"]

EXPANSIONS: dict[Operation, int] = {"sep_conv": 1, "mbconv3": 3, "mbconv6": 6}
"""Those that are a depthwise convolution between 1×1 convolutions, with their expansion."""

_STYLE = Style("relu")


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings of one layer.

    Attributes:
      se_ratio: channels inside squeeze-and-excitation as a share of the layer's input channels; 0 for none.
      skip: the input itself is added where the shapes allow, or its 3×3 average always.
    """

    operation: Operation
    kernel: int
    stride: int
    c_out: int
    se_ratio: float
    skip: Skip

    def squeezed(self, c_in: int) -> int:
        return squeezed_channels(self.se_ratio, c_in)

    def adds_input(self, c_in: int) -> bool:
        return self.skip == "identity" and self.stride == 1 and self.c_out == c_in

    def bottleneck(self, c_in: int) -> Bottleneck:
        expanded = c_in * EXPANSIONS[self.operation]
        return Bottleneck(self.c_out, self.kernel, self.stride, expanded, self.squeezed(c_in), _STYLE)


def squeezed_channels(se_ratio: float, c_in: int) -> int:
    """Channels inside squeeze-and-excitation; 0 for none."""
    return max(1, int(se_ratio * c_in)) if se_ratio else 0


def mnasnet_layer(draft: Draft, x: Value, layer: Layer) -> Value:
    if layer.operation == "conv":
        path = conv_norm(draft, x, layer.c_out, layer.kernel, _STYLE, stride=layer.stride, function="relu")
        if layer.se_ratio:
            path = squeeze_excite(draft, path, layer.squeezed(x.channels))
    else:
        path = bottleneck_path(draft, x, layer.bottleneck(x.channels))
    if layer.adds_input(x.channels):
        return draft.apply(Add(), path, x)
    return pooled_shortcut(draft, x, path, layer.stride) if layer.skip == "pool" else path


def pooled_shortcut(draft: Draft, x: Value, path: Value, stride: int) -> Value:
    """`path` plus the 3×3 average of its input with the same stride, channels cut off or filled up with zeros."""
    shortcut = pool(draft, x, "avg", 3, stride)
    if shortcut.channels != path.channels:
        shortcut = draft.apply(FitChannels(path.channels), shortcut)
    return draft.apply(Add(), path, shortcut)


def mnasnet_layer_price(shape: Shape, layer: Layer) -> Price:
    """What `mnasnet_layer` costs on an input of `shape`."""
    c_in, height, breadth = shape
    keeps_input = layer.skip == "pool" or layer.adds_input(c_in)
    if layer.operation == "conv":
        price = _conv_price(shape, layer, keeps_input=keeps_input)
    else:
        price = bottleneck_price(shape, layer.bottleneck(c_in), keeps_input=keeps_input)
    if layer.skip != "pool":
        return price
    places = -(-height // layer.stride) * -(-breadth // layer.stride)
    pooled, out = c_in * places, layer.c_out * places
    peak = max(price.peak, c_in * height * breadth + out + pooled)
    if layer.c_out > c_in:  # the average is copied into a wider tensor
        peak = max(peak, pooled + 2 * out)
    return price._replace(activations=price.activations + pooled, peak=peak)


def _conv_price(shape: Shape, layer: Layer, *, keeps_input: bool) -> Price:
    c_in, height, breadth = shape
    places = -(-height // layer.stride) * -(-breadth // layer.stride)
    c_out, squeezed = layer.c_out, layer.squeezed(c_in)
    read, out = c_in * height * breadth, c_out * places
    weights = layer.kernel * layer.kernel * c_in * c_out
    biases = squeezed + c_out if squeezed else 0
    gate = 2 * c_out * squeezed + biases
    return Price(
        params=weights + gate + 2 * c_out,
        macs=weights * places + gate,
        bias_adds=biases,
        activations=out + biases,
        buffers=2 * c_out,
        peak=max(read + out, (read if keeps_input else 0) + out + biases),
    )
