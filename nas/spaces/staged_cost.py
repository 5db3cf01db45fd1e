"""What networks of stages cost, in closed form: two block prices per stage, whatever its depth.

Widths are drawn so freely that remembered prices would seldom be met again; the sums are written out instead.
"""

from __future__ import annotations

from typing import NamedTuple

from nas.blueprint.piece import piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.spaces.staged_network import Stage, StagedNetwork, require_image, stem


class BlockPrice(NamedTuple):
    """`norms`: channels that batch norm scales, in all; `peak`: elements alive at the peak, input included."""

    params: int
    macs: int
    bias_adds: int
    activations: int
    norms: int
    peak: int


class PricedStage(NamedTuple):
    """The first block and those behind it (None in a stage of one), with the shape they write."""

    first: BlockPrice
    next: BlockPrice | None
    shape: Shape


def staged_cost(network: StagedNetwork, input_shape: Shape, num_classes: int) -> Cost:
    """Exactly the costs of `write_staged`: a single tensor is alive between blocks, so the peak is that of the worst block."""
    entrance = piece(stem, require_image(input_shape), network.stem, network.stem_width)
    params, macs, activations, buffers, peak = (
        entrance.params,
        entrance.macs,
        entrance.activations,
        entrance.buffers,
        entrance.peak,
    )
    bias_adds = norms = 0
    shape = entrance.shape
    for stage in network.stages:
        first, rest, shape = priced_stage(network, stage, shape)
        params += first.params
        macs += first.macs
        bias_adds += first.bias_adds
        activations += first.activations
        norms += first.norms
        peak = max(peak, first.peak)
        if rest is not None:
            times = stage.depth - 1
            params += times * rest.params
            macs += times * rest.macs
            bias_adds += times * rest.bias_adds
            activations += times * rest.activations
            norms += times * rest.norms
            peak = max(peak, rest.peak)
    width, height, breadth = shape
    params += width * num_classes + num_classes
    return Cost(
        params=params,
        macs=macs + width * num_classes + num_classes,
        bias_adds=bias_adds + num_classes,
        activations=activations + num_classes,
        peak_memory_bytes=BYTES_PER_ELEMENT * max(peak, width * height * breadth + width, width + num_classes),
        weight_bytes=BYTES_PER_ELEMENT * (params + buffers + 2 * norms),
    )


def priced_stage(network: StagedNetwork, stage: Stage, shape: Shape) -> PricedStage:
    """`shape`: what the stage reads."""
    w_in, height, breadth = shape
    stride = stage.stride
    out_height, out_breadth = -(-height // stride), -(-breadth // stride)
    before, after = height * breadth, out_height * out_breadth
    projects = w_in != stage.width or stride != 1
    if network.block == "bottleneck":
        first = _bottleneck(w_in, stage, network.squeezed(w_in), before, after, projects=projects)
        squeezed = network.squeezed(stage.width)
        rest = _bottleneck(stage.width, stage, squeezed, after, after, projects=False) if stage.depth > 1 else None
    else:
        price = _vanilla if network.block == "vanilla" else _basic
        first = price(w_in, stage.width, before, after, projects)
        rest = price(stage.width, stage.width, after, after, False) if stage.depth > 1 else None
    return PricedStage(first, rest, (stage.width, out_height, out_breadth))


def _vanilla(w_in: int, width: int, before: int, after: int, projects: bool) -> BlockPrice:
    weights, out = 9 * (w_in + width) * width, width * after
    return BlockPrice(
        params=weights + 4 * width,
        macs=weights * after,
        bias_adds=0,
        activations=2 * out,
        norms=2 * width,
        peak=max(w_in * before, out) + out,
    )


def _basic(w_in: int, width: int, before: int, after: int, projects: bool) -> BlockPrice:
    weights, out = 9 * (w_in + width) * width, width * after
    norms, activations = 2 * width, 2 * out
    if projects:
        weights += w_in * width
        norms += width
        activations += out
    peak = max(w_in * before + 2 * out, 3 * out)  # without projection the input is the shortcut: both are 3 · out
    return BlockPrice(weights + 2 * norms, weights * after, 0, activations, norms, peak)


def _bottleneck(w_in: int, stage: Stage, squeezed: int, before: int, after: int, *, projects: bool) -> BlockPrice:
    width, inner = stage.width, stage.inner
    enter = w_in * inner
    weights = (9 * (inner // stage.groups) + width) * inner
    norms = 2 * inner + width
    read, wide, narrow, out = w_in * before, inner * before, inner * after, width * after
    activations = wide + narrow + out
    if projects:
        weights += w_in * width
        norms += width
        activations += out
        kept, peak = out, read + out + wide  # the projection is there before the first convolution reads the input
    else:
        kept, peak = read, read + wide
    peak = max(peak, kept + wide + narrow, kept + narrow + out)
    params, macs, bias_adds = enter + weights + 2 * norms, enter * before + weights * after, 0
    if squeezed:
        bias_adds = squeezed + inner
        gate = 2 * inner * squeezed + bias_adds
        params += gate
        macs += gate
        activations += bias_adds
        peak = max(peak, kept + narrow + bias_adds)
    return BlockPrice(params, macs, bias_adds, activations, norms, peak)
