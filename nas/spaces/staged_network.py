"""Networks of a stem, stages of equal blocks, and a head: what AnyNet and RegNet describe, written out.

Radosavovic et al. 2020, arXiv 2003.13678, section 3.2; counted as its reference code does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from nas.blueprint.blueprint import Blueprint
from nas.blueprint.draft import Draft, Value
from nas.core.graph import Shape
from nas.operations.convolutions import conv_bn_activation
from nas.operations.heads import mean_linear_head
from nas.operations.pooling import pool
from nas.operations.residual_blocks import basic_block, bottleneck_block, vanilla_block
from nas.spaces.images import require_image

StemKind = Literal["conv3x3", "conv3x3_stride2", "conv7x7_stride2_pool"]
BlockKind = Literal["vanilla", "basic", "bottleneck"]

BLOCK_TITLES: dict[BlockKind, str] = {
    "vanilla": "two 3×3 convolutions",
    "basic": "residual 3×3, 3×3",
    "bottleneck": "residual bottleneck",
}


class Stage(NamedTuple):
    """`depth` blocks of `width` channels; the first has the stride. `inner` and `groups` belong to bottlenecks."""

    depth: int
    width: int
    stride: int
    inner: int = 0
    groups: int = 1


@dataclass(frozen=True, slots=True)
class StagedNetwork:
    """`squeezes`: bottlenecks have squeeze-and-excitation with a quarter of the block's input channels."""

    stem: StemKind
    stem_width: int
    block: BlockKind
    stages: tuple[Stage, ...]
    squeezes: bool = False

    def squeezed(self, w_in: int) -> int:
        """Channels inside the squeeze-and-excitation of a block that reads `w_in` channels; 0 for none."""
        return max(1, round(0.25 * w_in)) if self.squeezes else 0


def stem(draft: Draft, x: Value, kind: StemKind, width: int) -> Value:
    """Convolution, batch norm, ReLU, perhaps a 3×3 max pool with stride 2."""
    kernel, stride = (7, 2) if kind == "conv7x7_stride2_pool" else (3, 1 if kind == "conv3x3" else 2)
    x = conv_bn_activation(draft, x, width, kernel, stride)
    return pool(draft, x, "max", 3, 2) if kind == "conv7x7_stride2_pool" else x


def write_staged(network: StagedNetwork, input_shape: Shape, num_classes: int) -> Blueprint:
    draft = Draft(require_image(input_shape))
    with draft.group("stem", "Stem"):
        x = stem(draft, draft.inputs[0], network.stem, network.stem_width)
    for number, stage in enumerate(network.stages, start=1):
        with draft.group(f"stage{number}", f"Stage {number}"):
            for place in range(stage.depth):
                with draft.group(f"block{place + 1}", f"Block {place + 1}: {BLOCK_TITLES[network.block]}"):
                    x = _write_block(draft, x, network, stage, stage.stride if place == 0 else 1)
    with draft.group("head", "Head"):
        return draft.finish(mean_linear_head(draft, x, num_classes))


def _write_block(draft: Draft, x: Value, network: StagedNetwork, stage: Stage, stride: int) -> Value:
    if network.block == "vanilla":
        return vanilla_block(draft, x, stage.width, stride)
    if network.block == "basic":
        return basic_block(draft, x, stage.width, stride)
    squeezed = network.squeezed(x.channels)
    return bottleneck_block(draft, x, stage.width, stride, inner=stage.inner, groups=stage.groups, squeezed=squeezed)
