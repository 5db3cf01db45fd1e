"""What networks of stages cost, in closed form: two block prices per stage, whatever its depth."""

from __future__ import annotations

from typing import NamedTuple

from nas.blueprint.piece import piece
from nas.core.cost import Cost
from nas.core.graph import Shape
from nas.hardware.memory import BYTES_PER_ELEMENT
from nas.operations.price import Price
from nas.operations.residual_blocks import basic_block_price, bottleneck_block_price, vanilla_block_price
from nas.spaces.images import require_image
from nas.spaces.staged_network import Stage, StagedNetwork, stem


class PricedStage(NamedTuple):
    """The first block and those behind it (None in a stage of one), with the shape they write."""

    first: Price
    next: Price | None
    shape: Shape


def staged_cost(network: StagedNetwork, input_shape: Shape, num_classes: int) -> Cost:
    """Exactly the costs of `write_staged`: a single tensor is alive between blocks, so the peak is that of the worst block."""
    entrance = piece(stem, require_image(input_shape), network.stem, network.stem_width)
    params, macs, bias_adds = entrance.params, entrance.macs, 0
    activations, buffers, peak = entrance.activations, entrance.buffers, entrance.peak
    shape = entrance.shape
    for stage in network.stages:
        first, rest, shape = priced_stage(network, stage, shape)
        for price, times in ((first, 1), (rest, stage.depth - 1)):
            if price is not None:
                params += times * price.params
                macs += times * price.macs
                bias_adds += times * price.bias_adds
                activations += times * price.activations
                buffers += times * price.buffers
                peak = max(peak, price.peak)
    width, height, breadth = shape
    weights = width * num_classes + num_classes
    return Cost(
        params=params + weights,
        macs=macs + weights,
        bias_adds=bias_adds + num_classes,
        activations=activations + num_classes,
        peak_memory_bytes=BYTES_PER_ELEMENT * max(peak, width * height * breadth + width, width + num_classes),
        weight_bytes=BYTES_PER_ELEMENT * (params + weights + buffers),
    )


def priced_stage(network: StagedNetwork, stage: Stage, shape: Shape) -> PricedStage:
    """`shape`: what the stage reads."""
    stride = stage.stride
    out = (stage.width, -(-shape[1] // stride), -(-shape[2] // stride))
    rest = _block_price(network, stage, out, 1) if stage.depth > 1 else None
    return PricedStage(_block_price(network, stage, shape, stride), rest, out)


def _block_price(network: StagedNetwork, stage: Stage, shape: Shape, stride: int) -> Price:
    if network.block == "bottleneck":
        squeezed = network.squeezed(shape[0])
        return bottleneck_block_price(
            shape, stage.width, stride, inner=stage.inner, groups=stage.groups, squeezed=squeezed
        )
    price = vanilla_block_price if network.block == "vanilla" else basic_block_price
    return price(shape, stage.width, stride)
