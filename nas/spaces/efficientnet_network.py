"""EfficientNet-B0 and its scaling rules: channels and repeats rounded, blocks, prices (Tan and Le 2019, arXiv 1905.11946)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from nas.blueprint.piece import Piece
from nas.core.graph import Shape
from nas.operations.inverted_residual import (
    Bottleneck,
    Style,
    inverted_residual,
    inverted_residual_price,
    mbconv_label,
    mbconv_name,
    rounded_width,
)
from nas.operations.price import Price
from nas.spaces.chain import Link, Section
from nas.spaces.mobile_ends import Head, entrance, exit_section


class BaseStage(NamedTuple):
    expansion: int
    kernel: int
    stride: int
    width: int
    repeats: int


B0 = (
    BaseStage(1, 3, 1, 16, 1),
    BaseStage(6, 3, 2, 24, 2),
    BaseStage(6, 5, 2, 40, 2),
    BaseStage(6, 3, 2, 80, 3),
    BaseStage(6, 5, 1, 112, 3),
    BaseStage(6, 5, 2, 192, 4),
    BaseStage(6, 3, 1, 320, 1),
)
STEM_WIDTH, STEM_STRIDE, HEAD_WIDTH = 32, 2, 1280
_STYLE = Style("swish", squeeze_function="swish")


class Base(NamedTuple):
    """B0 for smaller images: its first `stages`, the last `halvings` of its strides."""

    stages: int
    halvings: int
    se_ratio: float


class Scale(NamedTuple):
    """One network of the family. `resolution`: None takes images as they are."""

    width: float
    depth: float
    resolution: int | None


@lru_cache(maxsize=256)
def base_stages(base: Base) -> tuple[int, tuple[BaseStage, ...]]:
    """Stride of the stem, and the stages with the strides that are left."""
    strides = [STEM_STRIDE, *(stage.stride for stage in B0[: base.stages])]
    left_over = base.halvings
    for place in reversed(range(len(strides))):
        if strides[place] == 2:
            strides[place] = 2 if left_over > 0 else 1
            left_over -= 1
    stages = zip(B0[: base.stages], strides[1:], strict=True)
    return strides[0], tuple(stage._replace(stride=stride) for stage, stride in stages)


@lru_cache(maxsize=1024)
def scaled_widths(base: Base, multiplier: float) -> tuple[int, ...]:
    """Channels of stem, stages and head."""
    stages = (stage.width for stage in B0[: base.stages])
    return tuple(rounded_width(width * multiplier) for width in (STEM_WIDTH, *stages, HEAD_WIDTH))


@lru_cache(maxsize=1024)
def scaled_repeats(base: Base, multiplier: float) -> tuple[int, ...]:
    return tuple(ceil(multiplier * stage.repeats) for stage in B0[: base.stages])


def sections(
    base: Base, scale: Scale, image: Shape, num_classes: int, *, dropout: float = 0.0, stochastic_depth: float = 0.0
) -> Iterator[Section]:
    """`stochastic_depth`: probability to lose the last block in training; it grows linearly over the blocks."""
    stem_width, *widths, head_width = scaled_widths(base, scale.width)
    repeats = scaled_repeats(base, scale.depth)
    stem_stride, stages = base_stages(base)
    yield from entrance(scale.resolution, image, stem_width, stem_stride, _STYLE)
    c_in, written = stem_width, 0
    for number, (stage, width, times) in enumerate(zip(stages, widths, repeats, strict=True), start=1):
        links = []
        for place in range(times):
            block = _block(base, stage, (c_in, width), place)
            links.append(_link(block, stage, place, stochastic_depth * written / sum(repeats)))
            c_in = width
            written += 1
        yield Section(f"stage{number}", f"Stage {number}", tuple(links))
    yield exit_section(Head(head_width, 0, num_classes, _STYLE), dropout)


class Prices(NamedTuple):
    """`stages`: of the first block and of each behind it."""

    ends: tuple[tuple[Piece, int], ...]
    stages: tuple[tuple[Price, Price], ...]


@lru_cache(maxsize=1024)
def prices(base: Base, width: float, resolution: int | None, image: Shape, num_classes: int) -> Prices:
    stem_width, *widths, head_width = scaled_widths(base, width)
    stem_stride, stages = base_stages(base)
    ends, shape = [], image
    for section in entrance(resolution, image, stem_width, stem_stride, _STYLE):
        price = section.links[0].price(shape)
        ends.append((price, 1))
        shape = price.shape
    found = []
    for stage, c_out in zip(stages, widths, strict=True):
        first = inverted_residual_price(shape, _block(base, stage, (shape[0], c_out), 0))
        shape = (c_out, -(-shape[1] // stage.stride), -(-shape[2] // stage.stride))
        found.append((first, inverted_residual_price(shape, _block(base, stage, (c_out, c_out), 1))))
    head = exit_section(Head(head_width, 0, num_classes, _STYLE), 0.0)
    ends.append((head.links[0].price(shape), 1))
    return Prices(tuple(ends), tuple(found))


def _block(base: Base, stage: BaseStage, channels: tuple[int, int], place: int) -> Bottleneck:
    """`channels`: read and written; `place` 0 is the first block of the stage, which has its stride."""
    c_in, width = channels
    return Bottleneck(
        c_out=width,
        kernel=stage.kernel,
        stride=stage.stride if place == 0 else 1,
        expanded=c_in * stage.expansion,
        squeezed=max(1, int(c_in * base.se_ratio)) if base.se_ratio else 0,
        style=_STYLE,
    )


def _link(block: Bottleneck, stage: BaseStage, place: int, drop_path: float) -> Link:
    label = mbconv_label(stage.kernel, stage.expansion, block.squeezed > 0)
    if block.stride == 2:
        label += ", stride 2"
    kind = mbconv_name(stage.kernel, stage.expansion)
    return Link(f"block{place + 1}", label, kind, inverted_residual, (block,), (drop_path,))
